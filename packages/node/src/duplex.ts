// Makes a Duplex of an open stream.

import type { Stream } from "@muxado/core";
import { type DuplexOptions, StreamConnection } from "./stream-connection.ts";

/**
 * Returns `stream` as a Duplex that behaves like a `net.Socket` as far as programs can tell.
 *
 * The Duplex becomes the observer of the stream. After this call, use only `priority` and `stats` of the stream itself.
 *
 * Ending the Duplex half-closes the stream. The end of the peer also ends the Duplex, unless `allowHalfOpen` is set.
 *
 * Destroying the Duplex resets the stream, so the peer never sees this as an ordinary end. The reset code depends on the
 * error. It is STREAM_CANCELLED without an error, for an AbortError, and for the codes ABORT_ERR, ECONNRESET, EPIPE,
 * ERR_STREAM_PREMATURE_CLOSE, UND_ERR_ABORTED and UND_ERR_SOCKET: one side has gone. It is INTERNAL_ERROR for any other
 * error. There are two exceptions, in which the stream is closed, as by `Stream.close`:
 *
 * - without an error, if the end of the Duplex and all written bytes have left;
 * - with an error by which undici closes a connection that it does not need any more (UND_ERR_CLOSED,
 *   UND_ERR_DESTROYED or UND_ERR_INFO), if all written bytes have left. The peer then gets an end, although the Duplex
 *   has not been ended. If some bytes have not left, the code is STREAM_CANCELLED.
 *
 * When the stream fails, the Duplex fails, too, after the program has read the bytes that had arrived. The `code` of
 * its error is a code that programs know from sockets; the `cause` is the stream's error. A peer that cancels the
 * stream closes it without an error, and without an end.
 *
 * @throws {TypeError} if the stream has an observer already, or belongs to a Web Stream.
 */
export function toDuplex(stream: Stream, options: DuplexOptions = {}): StreamDuplex {
  return new StreamDuplex(stream, options);
}

/** A stream of a session as a Duplex of Node. Made by {@link toDuplex}. */
export class StreamDuplex extends StreamConnection {
  /** @internal */
  constructor(stream: Stream, options: DuplexOptions) {
    super(options);
    this.carryBy(stream);
  }

  /** The stream that carries the Duplex. */
  override get stream(): Stream {
    return super.stream!;
  }
}
