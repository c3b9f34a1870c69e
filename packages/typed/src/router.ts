// Gives each stream to the handler of its type, or to a handler for all other types. It uses only `accept` of a
// session.

import type { Stream, WaitOptions } from "@muxado/core";
import { checkNumber, tell } from "@muxado/core/layers";
import { MAX_TYPE } from "./type-prefix.ts";

/** The part of a stream that this file uses. */
interface Routed extends Pick<Stream, "id" | "error" | "reset" | "refuse"> {
  readonly type: number;
}

/** Does the work of one stream. */
type Handler<One> = (stream: One) => void | Promise<void>;

/** The `Routes` of a TypedSession. */
type Table<One> = Readonly<Record<number, Handler<One>>>;

/** The `ServeOptions` of a TypedSession. */
interface RouterOptions<One> {
  readonly otherwise?: Handler<One> | undefined;
  readonly onError?: ((error: unknown, stream: One) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws a RangeError or TypeError if a route is not valid. */
export function checkRoutes(routes: Table<never>): void {
  for (const [type, handler] of Object.entries(routes)) {
    checkNumber("the type of a route", Number(type), 0, MAX_TYPE);
    if (typeof handler !== "function") {
      throw new TypeError(`the handler of type ${type} must be a function, got ${typeof handler}`);
    }
  }
}

/** Serves `session` until it is over or the signal aborts. Never rejects. */
export async function serve<One extends Routed>(
  session: { accept(options: WaitOptions): Promise<One> },
  routes: Table<One>,
  { otherwise = refuse, onError = print, signal }: RouterOptions<One>,
): Promise<void> {
  for (;;) {
    let stream: One;
    try {
      stream = await session.accept({ signal });
    } catch {
      return;
    }
    void run(routes[stream.type] ?? otherwise, stream, onError);
  }
}

async function run<One extends Routed>(
  handler: Handler<One>,
  stream: One,
  onError: (error: unknown, stream: One) => void,
): Promise<void> {
  try {
    await handler(stream);
  } catch (error) {
    stream.reset("INTERNAL_ERROR");
    tell(() => onError(error, stream));
  }
}

function refuse(stream: Routed): void {
  stream.refuse();
}

function print(error: unknown, stream: Routed): void {
  if (stream.error !== undefined && error === stream.error) return;
  console.error(`the handler of stream ${stream.id} of type ${stream.type} failed:`, error);
}
