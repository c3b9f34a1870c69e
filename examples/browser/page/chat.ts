// Chat messages and their delivery. Messages outlive sessions. A message that certainly has not arrived is sent again
// automatically. A message that may have arrived is sent again only if its author asks for it.

import { MuxadoError } from "@muxado/core";
import type { TypedSession, TypedStream } from "@muxado/typed";
import { type Fields, receive, type Said, SAY, said, send } from "./protocol.ts";

/**
 * `waiting`: for a connection. `sending`: the message is on its way. `delivered`: the server has it. `unknown`: the
 * connection was lost, and nothing shows whether the server has the message.
 */
export type Delivery = "waiting" | "sending" | "delivered" | "unknown";

/** One message, ours or another author's. */
export interface Entry extends Said {
  readonly isOurs: boolean;
  delivery: Delivery;
  /** Time that the delivery took, in milliseconds, once it is done. */
  took: number | undefined;
}

/** The conversation. */
export class Chat {
  readonly #name: string;
  readonly #onEntry: (entry: Entry) => void;
  readonly #entries = new Map<string, Entry>();
  #session: TypedSession | undefined;

  /** `onEntry` is called with each new entry, and with each entry that changes. */
  constructor(name: string, onEntry: (entry: Entry) => void) {
    this.#name = name;
    this.#onEntry = onEntry;
  }

  /** Takes a new session, or `undefined` if there is none. */
  use(session: TypedSession | undefined): void {
    this.#session = session;
    for (const entry of this.#entries.values()) {
      if (entry.delivery === "waiting") void this.#deliver(entry);
    }
  }

  /** Sends a message now, or as soon as there is a connection. */
  say(text: string): Promise<void> {
    const said = { key: randomKey(), name: this.#name, text };
    const entry: Entry = { ...said, isOurs: true, delivery: "waiting", took: undefined };
    this.#entries.set(entry.key, entry);
    return this.#deliver(entry);
  }

  /** Sends a message again that may have arrived already. */
  sayAgain(entry: Entry): Promise<void> {
    return this.#deliver(entry);
  }

  /** Takes a message from the server. */
  async hear(stream: TypedStream): Promise<void> {
    const message = said(await receive(stream));
    await stream.close();
    const known = this.#entries.get(message.key);
    // The server sends our message back only to a page that has connected again. Then it did arrive, despite the error.
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
      // The history may have arrived in the meantime, with this message in it.
      if (entry.delivery === "sending") this.#change(entry, isSafe ? "waiting" : "unknown");
    }
  }

  #change(entry: Entry, delivery: Delivery): void {
    entry.delivery = delivery;
    this.#onEntry(entry);
  }
}

/** Sends `message` on its own stream. Resolves with the answer. */
export async function ask(session: TypedSession, type: number, message: object): Promise<Fields> {
  const stream = session.open({ type });
  const answer = receive(stream);
  answer.catch(() => {}); // sending fails with the same error
  await send(stream, message);
  return answer;
}

/** Unlike `crypto.randomUUID`, this also works in pages that were loaded without TLS. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join();
}
