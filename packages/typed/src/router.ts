// Serves a session by the types of its streams: one handler for each type, and one for all other types.

import { checkNumber, reportThrown } from "@muxado/core/layers";
import { MAX_TYPE } from "./type-prefix.ts";
import type { TypedSession } from "./typed-session.ts";
import type { TypedStream } from "./typed-stream.ts";

/** Does the work of one stream. The handler owns the stream and must end it. */
export type StreamHandler = (stream: TypedStream) => void | Promise<void>;

/** The handler for each type. One table may serve any number of sessions. */
export type Routes = Readonly<Record<number, StreamHandler>>;

/** Options of {@link TypedSession.serve}. */
export interface ServeOptions {
  /** Serves streams of all other types. Default: resets them with STREAM_REFUSED. */
  readonly otherwise?: StreamHandler | undefined;
  /**
   * Called with the error that a handler threw or rejected with. Its stream has been reset with INTERNAL_ERROR.
   * Default: prints the error with `console.error`, unless it is the stream's own error, which the peer or the session
   * has caused.
   */
  readonly onError?: ((error: unknown, stream: TypedStream) => void) | undefined;
  /** Stops serving when it aborts. Streams that are being served continue, and new streams wait for `accept`. */
  readonly signal?: AbortSignal | undefined;
}

/** Throws a RangeError or TypeError if a route is wrong. */
export function checkRoutes(routes: Routes): void {
  for (const [type, handler] of Object.entries(routes)) {
    checkNumber("the type of a route", Number(type), 0, MAX_TYPE);
    if (typeof handler !== "function") {
      throw new TypeError(`the handler of type ${type} must be a function, got ${typeof handler}`);
    }
  }
}

/** Serves `session` until it is over or the signal aborts. Never rejects. */
export async function serve(
  session: TypedSession,
  routes: Routes,
  { otherwise = refuse, onError = print, signal }: ServeOptions,
): Promise<void> {
  for (;;) {
    let stream: TypedStream;
    try {
      stream = await session.accept({ signal });
    } catch {
      return;
    }
    void run(routes[stream.type] ?? otherwise, stream, onError);
  }
}

async function run(
  handler: StreamHandler,
  stream: TypedStream,
  onError: (error: unknown, stream: TypedStream) => void,
): Promise<void> {
  try {
    await handler(stream);
  } catch (error) {
    stream.reset("INTERNAL_ERROR");
    try {
      onError(error, stream);
    } catch (thrown) {
      reportThrown(thrown);
    }
  }
}

function refuse(stream: TypedStream): void {
  stream.refuse();
}

function print(error: unknown, stream: TypedStream): void {
  if (stream.error !== undefined && error === stream.error) return;
  console.error(`the handler of stream ${stream.id} of type ${stream.type} failed:`, error);
}
