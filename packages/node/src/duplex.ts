// Makes a Duplex of an open stream.

import type { Stream } from "@muxado/core";
import { type DuplexOptions, StreamConnection } from "./stream-connection.ts";

/**
 * Returns `stream` as a Duplex that behaves like a `net.Socket` as far as programs can tell.
 *
 * The Duplex becomes the observer of the stream. After this call, use only `priority` and `stats` of the stream itself.
 *
 * Ending the Duplex half-closes the stream. The end of the peer also ends the Duplex, unless `allowHalfOpen` is set.
 * Destroying the Duplex resets the stream, so the peer never sees this as an ordinary end. There is one exception: if
 * all written bytes and the end of the Duplex have left, the stream only refuses the bytes that the peer still sends.
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
