// Two sessions in one process, and the connection between them. Everything that one side writes in a turn arrives as
// one chunk in the next turn. No socket splits or merges chunks, so the same program gives the same counts every time.

import { Session, type SessionOptions, type Transport, type TransportInput } from "@muxado/core";

/** One end of the connection. */
class LoopEnd implements Transport {
  /** How often the session has written. */
  writes = 0;
  peer!: LoopEnd;
  #input!: TransportInput;

  start(input: TransportInput): void {
    this.#input = input;
  }

  write(chunks: Uint8Array[]): void {
    this.writes++;
    // The arriving bytes belong to the peer, but the writing session uses its memory again. So the peer gets a copy.
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

/** Two connected sessions, with counts of their writes and frames. */
export class Loop {
  readonly client: Session;
  readonly server: Session;
  readonly #ends: readonly [LoopEnd, LoopEnd] = [new LoopEnd(), new LoopEnd()];

  constructor(options: SessionOptions) {
    const [left, right] = this.#ends;
    left.peer = right;
    right.peer = left;
    this.client = new Session(left, "client", options);
    // The 10 000 streams that rest are more than a peer may open by default.
    this.server = new Session(right, "server", { ...options, maxInboundStreams: Infinity });
  }

  /** Writes of both sides so far. */
  get writes(): number {
    return this.#ends[0].writes + this.#ends[1].writes;
  }

  /** Frames of both sides so far. */
  get frames(): number {
    return this.client.stats().framesSent + this.server.stats().framesSent;
  }

  /** Destroys both sessions. */
  async end(): Promise<void> {
    this.client.destroy();
    this.server.destroy();
    await Promise.all([this.client.closed, this.server.closed]);
  }
}
