// Where connections get their streams from.

import type { Stream } from "@muxado/core";
import { refusedError } from "./socket-error.ts";

/** What opens streams: a session, or a layer over one. */
export interface StreamOpener {
  /** As `Session.open`. */
  open(): Stream;
}

/**
 * A session, a promise of one, or what finds the present one, or opens a stream, each time: a program that reconnects has
 * another session every time.
 */
export type StreamSource =
  | StreamOpener
  | Promise<StreamOpener>
  | (() => StreamOpener | Stream | Promise<StreamOpener | Stream>);

/** `source`, whose failure is told to the connections that want a stream of it: until then it is nobody's. */
export function heeded(source: StreamSource): StreamSource {
  if (source instanceof Promise) source.catch(() => {});
  return source;
}

/** Tells of the stream that `source` has for a new connection, or of the error that says why there is none. */
export function openFrom(
  source: StreamSource,
  use: (stream: Stream) => void,
  fail: (error: Error) => void,
): void {
  const open = (found: StreamOpener | Stream): void => {
    let stream: Stream;
    try {
      stream = "open" in found ? found.open() : found;
    } catch (error) {
      return fail(refusedError(error));
    }
    use(stream);
  };
  const refuse = (reason: unknown): void => fail(refusedError(reason));
  let found: StreamOpener | Stream | Promise<StreamOpener | Stream>;
  try {
    found = typeof source === "function" ? source() : source;
  } catch (error) {
    return refuse(error);
  }
  if (found instanceof Promise) found.then(open, refuse);
  else open(found);
}
