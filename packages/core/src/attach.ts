// The transport for every runtime: a pair of Web Streams.

import { concatenated } from "./base/bytes.ts";
import type { Role, SessionOptions } from "./options.ts";
import { isTransport, type Transport, type TransportInput } from "./seams/transport.ts";
import { Session } from "./session.ts";

/** Two Web Streams of bytes that together form one connection. */
export interface ByteStreamPair {
  /** Bytes from the peer. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Bytes to the peer. */
  readonly writable: WritableStream<Uint8Array>;
}

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions {
  /** The role of this side; the peer has the other role. */
  readonly role: Role;
}

/**
 * Makes a session over any pair of Web Streams, such as a Deno connection, a WebTransport stream or two
 * TransformStreams. Also over a {@link Transport}.
 *
 * The session locks both streams and owns them from now on. They end when the session ends.
 *
 * @throws {RangeError | TypeError} if an option is out of range (the message names it), or if a stream is locked.
 */
export function attach(carrier: ByteStreamPair | Transport, options: AttachOptions): Session {
  const transport = isTransport(carrier) ? carrier : transportOf(carrier);
  return new Session(transport, options.role, options);
}

/** Returns a pair of Web Streams as a transport, for layers below sessions. It locks both streams when it is started. */
export function transportOf(pair: ByteStreamPair): Transport {
  return new PairTransport(pair);
}

class PairTransport implements Transport {
  readonly #pair: ByteStreamPair;
  #reader!: ReadableStreamDefaultReader<Uint8Array>;
  #writer!: WritableStreamDefaultWriter<Uint8Array>;
  #input!: TransportInput;

  constructor(pair: ByteStreamPair) {
    this.#pair = pair;
  }

  start(input: TransportInput): void {
    this.#reader = this.#pair.readable.getReader();
    this.#writer = this.#pair.writable.getWriter();
    this.#input = input;
    void this.#read();
    this.#writer.closed.catch((error: unknown) => input.ended(error));
  }

  /**
   * Copies the chunks, because a pair may be a queue whose consumer reads the bytes long after the write has resolved.
   * By then, the session has encoded other frames in the same memory.
   */
  write(chunks: Uint8Array[]): void {
    this.#writer.write(concatenated(chunks)).then(
      () => this.#input.written(),
      (error: unknown) => this.#input.ended(error),
    );
  }

  end(): void {
    this.#writer.close().catch(ignore);
  }

  destroy(): void {
    this.#reader.cancel().catch(ignore);
    this.#writer.abort().catch(ignore);
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#input.receive(value);
      }
      this.#input.ended();
    } catch (error) {
      this.#input.ended(error);
    }
  }
}

function ignore(): void {}
