// The seam between a session and what carries its bytes. A transport owns a connection and nothing of the
// protocol: it feeds chunks in, writes what comes out, and reports when that is done and when all is over.

import type { MuxadoError } from "../base/errors.ts";

/** What a transport tells the session that it carries. */
export interface TransportInput {
  /**
   * Bytes from the peer, in order. The session takes the chunk: do not change or reuse it. One in shared memory is
   * copied.
   *
   * Never throws because of what a peer sent.
   */
  receive(chunk: Uint8Array): void;
  /** The last {@link Transport.write} is done: its bytes are no longer referenced and more may come. */
  written(): void;
  /** Nothing more will arrive: the peer ended the connection, or it failed with `error`. */
  ended(error?: unknown): void;
}

/** A reliable, ordered, full-duplex byte stream, as a session needs it. */
export interface Transport {
  /** Called once, before anything else: from now on the transport reports to `input`. */
  start(input: TransportInput): void;
  /**
   * Sends `chunks` in order, as one write where the platform can.
   *
   * The transport may reference the chunks until it calls {@link TransportInput.written}, exactly once for
   * each write, at once or later. No second write comes before that.
   */
  write(chunks: Uint8Array<ArrayBuffer>[]): void;
  /**
   * Ends our direction. Comes after the last write is done.
   *
   * @param error why, for transports that can say it when they close; undefined if nothing is wrong.
   */
  end(error?: MuxadoError): void;
  /** Gives up the connection at once. May be called twice, and after `ended`. */
  destroy(): void;
}
