// A source gives each new connection its stream.

import type { Stream } from "@muxado/core";
import { refusedError } from "./socket-error.ts";

/** An object that opens streams: a session, or a layer over a session. */
export interface StreamOpener {
  /** As `Session.open`. */
  open(): Stream;
}

/**
 * A session, a promise of a session, or a function. The function is called for each connection. It returns the current
 * session, or a stream that it opens. A program that reconnects needs a function, because it gets a new session each
 * time.
 */
export type StreamSource = StreamOpener | Promise<StreamOpener> | (() => Found | Promise<Found>);

/** The result of the function; undefined if there is no session now. */
type Found = StreamOpener | Stream | undefined;

/**
 * Returns `source` if it is a valid source. If it is a promise that rejects, each connection that needs a stream gets
 * the reason. Until then the rejection is not reported.
 *
 * @throws {TypeError} if `source` is not a valid source.
 */
export function checkSource(source: StreamSource): StreamSource {
  if (source instanceof Promise) source.catch(() => {});
  else if (typeof source !== "function" && !isOpener(source)) {
    throw new TypeError(
      "source must be a session, a promise of one, or a function that returns one",
    );
  }
  return source;
}

/**
 * Calls `use` with a stream from `source` for a new connection, or calls `fail` with the error that explains why there
 * is none.
 */
export function openFrom(
  source: StreamSource,
  use: (stream: Stream) => void,
  fail: (error: Error) => void,
): void {
  const open = (found: Found): void => {
    let stream: Stream;
    try {
      stream = streamOf(found);
    } catch (error) {
      return fail(refusedError(error));
    }
    use(stream);
  };
  const refuse = (reason: unknown): void => fail(refusedError(reason));
  let found: Found | Promise<Found>;
  try {
    found = typeof source === "function" ? source() : source;
  } catch (error) {
    return refuse(error);
  }
  if (found instanceof Promise) found.then(open, refuse);
  else open(found);
}

function streamOf(found: Found): Stream {
  if (isOpener(found)) return found.open();
  // This is ordinary: the program may be between two sessions.
  if (found === undefined) throw new Error("there is no session");
  if (typeof (found as Partial<Stream> | null)?.observe === "function") return found;
  throw new TypeError("the source has returned neither a session nor a stream");
}

function isOpener(value: unknown): value is StreamOpener {
  return typeof (value as Partial<StreamOpener> | null | undefined)?.open === "function";
}
