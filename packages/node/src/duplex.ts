// A stream that is open, as a Duplex.

import type { Stream } from "@muxado/core";
import { type DuplexOptions, StreamConnection } from "./stream-connection.ts";

/**
 * `stream` as a Duplex that behaves as a `net.Socket` does where programs look.
 *
 * It takes the place of the stream's observer: use nothing else of the stream from now on but its `priority` and
 * `stats`. Ending it half-closes the stream, and so does the peer's end, unless `allowHalfOpen` is set. Destroying it is
 * a reset, and never looks like an end, unless all that was written has left behind its end: then what the peer still
 * sends is refused. Once the stream fails, so does it, when what had arrived has been read: with an error whose `code` is
 * one that programs know of sockets, and whose `cause` is the stream's own. A peer that has lost interest closes it
 * without an error, and without an end.
 *
 * @throws {TypeError} if the stream has an observer already, or is a Web Stream's.
 */
export function toDuplex(stream: Stream, options: DuplexOptions = {}): StreamDuplex {
  return new StreamDuplex(stream, options);
}

/** A stream of a session as a Duplex of Node's. Made by {@link toDuplex}. */
export class StreamDuplex extends StreamConnection {
  /** @internal */
  constructor(stream: Stream, options: DuplexOptions) {
    super(options);
    this.carryBy(stream);
  }

  /** The stream that carries it. */
  override get stream(): Stream {
    return super.stream!;
  }
}
