// What is said, and what has become of it. Messages outlive sessions: one that cannot have arrived is sent again by
// itself, and one that may have arrived is sent again only if its author says so.

import { MuxadoError } from "@muxado/core";
import type { TypedSession, TypedStream } from "@muxado/typed";
import { type Fields, receive, type Said, SAY, said, send } from "./protocol.ts";

/**
 * `waiting`: for a connection. `sending`: it is under way. `delivered`: the server has it. `unknown`: the connection
 * was lost, and nothing proves that the server has it or that it has not.
 */
export type Delivery = "waiting" | "sending" | "delivered" | "unknown";

/** One message, ours or somebody else's. */
export interface Entry extends Said {
  readonly isOurs: boolean;
  delivery: Delivery;
  /** What the delivery took, in milliseconds, once it is done. */
  took: number | undefined;
}

/** The conversation. */
export class Chat {
  readonly #name: string;
  readonly #onEntry: (entry: Entry) => void;
  readonly #entries = new Map<string, Entry>();
  #session: TypedSession | undefined;

  /** `onEntry` is told of each new entry, and of each change in one. */
  constructor(name: string, onEntry: (entry: Entry) => void) {
    this.#name = name;
    this.#onEntry = onEntry;
  }

  /** There is another session, or none. */
  use(session: TypedSession | undefined): void {
    this.#session = session;
    for (const entry of this.#entries.values()) {
      if (entry.delivery === "waiting") void this.#deliver(entry);
    }
  }

  /** Says something, now or when there is a connection. */
  say(text: string): Promise<void> {
    const said = { key: randomKey(), name: this.#name, text };
    const entry: Entry = { ...said, isOurs: true, delivery: "waiting", took: undefined };
    this.#entries.set(entry.key, entry);
    return this.#deliver(entry);
  }

  /** Says again what may have been heard already. */
  sayAgain(entry: Entry): Promise<void> {
    return this.#deliver(entry);
  }

  /** Takes a message of the server's. */
  async hear(stream: TypedStream): Promise<void> {
    const message = said(await receive(stream));
    await stream.close();
    const known = this.#entries.get(message.key);
    // Ours comes back to nobody but those who connect anew: then it did arrive, whatever the error said.
    if (known?.delivery === "unknown") this.#change(known, "delivered");
    if (known !== undefined) return;
    const entry: Entry = { ...message, isOurs: false, delivery: "delivered", took: undefined };
    this.#entries.set(entry.key, entry);
    this.#onEntry(entry);
  }

  async #deliver(entry: Entry): Promise<void> {
    if (this.#session === undefined) return this.#change(entry, "waiting");
    this.#change(entry, "sending");
    const started = performance.now();
    try {
      await ask(this.#session, SAY, { key: entry.key, name: entry.name, text: entry.text });
      entry.took = performance.now() - started;
      this.#change(entry, "delivered");
    } catch (error) {
      const isSafe = MuxadoError.is(error) && error.retry === "safe";
      // A history that came in the meantime may know better.
      if (entry.delivery === "sending") this.#change(entry, isSafe ? "waiting" : "unknown");
    }
  }

  #change(entry: Entry, delivery: Delivery): void {
    entry.delivery = delivery;
    this.#onEntry(entry);
  }
}

/** Sends `message` on a stream of its own, and resolves with the answer. */
export async function ask(session: TypedSession, type: number, message: object): Promise<Fields> {
  const stream = session.open({ type });
  const answer = receive(stream);
  answer.catch(() => {}); // what is wrong shows at the sending as well
  await send(stream, message);
  return answer;
}

/** Unlike `crypto.randomUUID`, also for pages that came without TLS. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join();
}
