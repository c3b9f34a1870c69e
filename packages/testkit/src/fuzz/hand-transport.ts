// The transport of a fuzzed session. It confirms writes as it is told to, shows the bytes of writes, and notes every
// call that a session must not make.

import type { Transport, TransportInput } from "@muxado/core";
import type { Faults } from "./faults.ts";

/** The reactions to calls of the session. */
export interface TransportEvents {
  /** Bytes were written. */
  wrote(chunk: Uint8Array<ArrayBuffer>): void;
  /** A write is complete. Input may arrive inside this call. */
  wroteAll(): void;
  /** The session has ended its direction. An answer may come inside this call. */
  hasEnded(): void;
  /** A write waits for its confirmation. Returns whether it is confirmed at once. */
  confirmsNow(): boolean;
  /** Throws like a broken transport, if the case wants it. */
  mayThrow(): void;
}

/** A transport that a case controls. */
export class HandTransport implements Transport {
  input!: TransportInput;
  ended = false;
  destroyed = false;
  /** True while a write is under way. */
  writing = false;
  readonly #events: TransportEvents;
  readonly #faults: Faults;

  constructor(events: TransportEvents, faults: Faults) {
    this.#events = events;
    this.#faults = faults;
  }

  start(input: TransportInput): void {
    this.input = input;
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    if (this.writing) this.#faults.add("transport: a write while another is under way");
    if (this.ended) this.#faults.add("transport: a write after end()");
    if (this.destroyed) this.#faults.add("transport: a write after destroy()");
    this.#events.mayThrow();
    this.writing = true;
    for (const chunk of chunks) this.#events.wrote(chunk);
    this.#events.wroteAll();
    if (this.#events.confirmsNow()) this.confirm();
  }

  /** Confirms the write under way. Returns false if there is none. */
  confirm(): boolean {
    if (!this.writing) return false;
    this.writing = false;
    this.#faults.guard("written", () => this.input.written());
    return true;
  }

  end(): void {
    if (this.writing) this.#faults.add("transport: end() while a write is under way");
    if (this.ended) this.#faults.add("transport: a second end()");
    if (this.destroyed) this.#faults.add("transport: end() after destroy()");
    this.ended = true;
    this.#events.hasEnded();
  }

  destroy(): void {
    this.destroyed = true;
  }
}
