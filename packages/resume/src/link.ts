// One connection of a session: a transport, and the code that it reports to, which changes after the handshake.

import type { Clock, Transport, TransportInput } from "@muxado/core";

/** Milliseconds that the last output of a connection gets. */
const LAST_WORDS = 1_000;

const NOBODY: TransportInput = { receive: () => false, written() {}, ended() {} };

/** A connection. Its owner is told of everything until the connection is given up. */
export class Link implements TransportInput {
  owner: TransportInput;
  isWriting = false;
  readonly #transport: Transport;

  constructor(transport: Transport, owner: TransportInput) {
    this.#transport = transport;
    this.owner = owner;
  }

  start(): void {
    this.#attempt(() => this.#transport.start(this));
  }

  /** Sends `chunks`. The last write must be done. */
  send(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.isWriting = true;
    this.#attempt(() => this.#transport.write(chunks));
  }

  /** Ends our direction after the write under way. Gives up the connection when the peer has ended it, or soon. */
  close(clock: Clock): void {
    const end = (): void => this.#attempt(() => this.#transport.end());
    this.owner = { ...NOBODY, written: end };
    if (!this.isWriting) end();
    clock.setTimer(() => this.destroy(), LAST_WORDS);
  }

  /** Gives up the connection. */
  destroy(): void {
    this.owner = NOBODY;
    this.#attempt(() => this.#transport.destroy());
  }

  receive(chunk: Uint8Array): boolean {
    return this.owner.receive(chunk);
  }

  written(): void {
    this.isWriting = false;
    this.owner.written();
  }

  ended(error?: unknown): void {
    const { owner } = this;
    this.destroy();
    owner.ended(error);
  }

  /** A transport that throws has failed. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (this.owner !== NOBODY) this.ended(error);
    }
  }
}
