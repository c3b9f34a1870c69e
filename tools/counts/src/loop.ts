// Two sessions in one process, and the connection between them: whatever one side writes in a turn arrives in the
// next one, as one chunk. No socket cuts or merges anything, so that the same program counts the same every time.

import { Session, type SessionOptions, type Transport, type TransportInput } from "@muxado/core";

/** One end of the connection. */
class LoopEnd implements Transport {
  /** Writes that the session has made. */
  writes = 0;
  peer!: LoopEnd;
  #input!: TransportInput;

  start(input: TransportInput): void {
    this.#input = input;
  }

  write(chunks: Uint8Array[]): void {
    this.writes++;
    // The bytes that arrive belong to the peer: a view of ours would be written over.
    const bytes = Buffer.concat(chunks);
    setImmediate(() => {
      this.#input.written();
      this.peer.#input.receive(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    });
  }

  end(): void {
    setImmediate(() => this.peer.#input.ended());
  }

  destroy(): void {}
}

/** Two connected sessions, and how often each has written. */
export class Loop {
  readonly client: Session;
  readonly server: Session;
  readonly #ends: readonly [LoopEnd, LoopEnd] = [new LoopEnd(), new LoopEnd()];

  constructor(options: SessionOptions) {
    const [left, right] = this.#ends;
    left.peer = right;
    right.peer = left;
    this.client = new Session(left, "client", options);
    this.server = new Session(right, "server", options);
  }

  /** Writes of both sides so far. */
  get writes(): number {
    return this.#ends[0].writes + this.#ends[1].writes;
  }

  /** Frames of both sides so far. */
  get frames(): number {
    return this.client.stats().framesSent + this.server.stats().framesSent;
  }

  /** Gives up both. */
  async end(): Promise<void> {
    this.client.destroy();
    this.server.destroy();
    await Promise.all([this.client.closed, this.server.closed]);
  }
}
