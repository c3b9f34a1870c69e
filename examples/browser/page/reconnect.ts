// One session after the other: dials, waits for the end, and dials again. It does not decide about the streams that
// were open. Only the code that opened them can: their errors show which work may be repeated.

import type { Session } from "@muxado/core";

/** The state of the connection. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "connected"; readonly session: Session }
  /** Waits for the next attempt. `reason`: why the last connection has ended, or could not be made. */
  | { readonly state: "waiting"; readonly reason: string };

/** Options of {@link Reconnecting}. */
export interface ReconnectingOptions {
  readonly dial: () => Promise<Session>;
  /** Called with each new state. */
  readonly onLink: (link: Link) => void;
  /** Returns the pause before the next attempt, in milliseconds. Default: {@link pauseBefore}. */
  readonly pause?: (attempt: number) => number;
}

/** A session that ends sooner than this counts as a failure: a server may accept connections and drop them at once. */
const SOON = 5000;

/**
 * Returns a random pause: up to half a second after the first failure, then up to a second, … up to half a minute.
 * When a server restarts, all its pages lose their connection at the same moment. Random pauses spread their return.
 */
export function pauseBefore(attempt: number): number {
  return Math.random() * Math.min(30_000, 250 * 2 ** attempt);
}

/** Keeps a session until it is stopped. */
export class Reconnecting {
  readonly #options: ReconnectingOptions;
  #session: Session | undefined;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(options: ReconnectingOptions) {
    this.#options = options;
  }

  /** Dials for the first time. */
  start(): void {
    void this.#run();
  }

  /** Ends the present pause, for example when the user or the network is back. */
  hurry(): void {
    this.#wake();
  }

  /** Closes the session, and makes no new one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#session?.close({ timeout: 1000 });
  }

  async #run(): Promise<void> {
    const { dial, onLink, pause = pauseBefore } = this.#options;
    for (let attempt = 1; !this.#stopped; attempt++) {
      onLink({ state: "connecting" });
      let reason: string;
      try {
        const session = await dial();
        const since = performance.now();
        this.#session = session;
        if (this.#stopped) return await session.close();
        onLink({ state: "connected", session });
        const { localError, remoteError } = await session.closed;
        reason = (localError ?? remoteError)?.code ?? "the server closed the session";
        if (performance.now() - since > SOON) attempt = 0;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      if (this.#stopped) return;
      onLink({ state: "waiting", reason });
      await this.#sleep(pause(attempt));
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
