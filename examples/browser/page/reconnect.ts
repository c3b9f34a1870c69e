// One session after the other: dials, waits for the end, and dials again. What becomes of the streams that were open
// is not decided here: only who opened them knows, and their errors tell what may be done again.

import type { Session } from "@muxado/core";

/** How the connection is. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "connected"; readonly session: Session }
  /** For the next attempt. `reason`: why the last connection is gone, or was not made. */
  | { readonly state: "waiting"; readonly reason: string };

/** What {@link Reconnecting} needs to know. */
export interface ReconnectingOptions {
  readonly dial: () => Promise<Session>;
  /** Told of each change. */
  readonly onLink: (link: Link) => void;
  /** How long to wait before another attempt, in milliseconds. Default: {@link pauseBefore}. */
  readonly pause?: (attempt: number) => number;
}

/** A session that ends sooner than this counts as a failure: a server may take connections and drop them at once. */
const SOON = 5000;

/**
 * Before the first attempt after a failure up to half a second, then up to a second, … up to half a minute. By chance:
 * all pages of a server that restarts lose their connection in the same moment, and should not come back in the same.
 */
export function pauseBefore(attempt: number): number {
  return Math.random() * Math.min(30_000, 250 * 2 ** attempt);
}

/** Keeps a session, until it is stopped. */
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

  /** Waits no longer: somebody is here again, or the network is. */
  hurry(): void {
    this.#wake();
  }

  /** Ends the session in the ordinary way, and makes no other. */
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
