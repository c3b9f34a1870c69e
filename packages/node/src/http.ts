// HTTP over streams, in both directions: whichever side has the server. Node's own client and server do the work.

import * as http from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { reportThrown, type Stream } from "@muxado/core";
import { type DuplexOptions, toDuplex } from "./duplex.ts";

/** What opens streams: a session, or a layer over one. */
export interface StreamOpener {
  /** As `Session.open`. */
  open(): Stream;
}

/** A session, or what finds the present one: a program that reconnects has another every time. */
export type OpenerSource = StreamOpener | (() => StreamOpener | Promise<StreamOpener>);

/**
 * An `http.Agent` whose connections are streams: each request has one of its own, and nothing waits for another.
 *
 * Without pooling, since a stream costs next to nothing. `keepAlive: true` pools all the same, which spares the
 * server a little work for each request.
 */
export class SessionAgent extends http.Agent {
  readonly #source: OpenerSource;

  /** @param options those of `http.Agent`. */
  constructor(source: OpenerSource, options?: http.AgentOptions) {
    super(options);
    this.#source = source;
  }

  /** @internal */
  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // A pooled connection whose server has ended it must not be used again: the agent sees that only if it closes.
    open(this.#source, { allowHalfOpen: false }, callback as ConnectCallback);
  }
}

/** Called with the connection, or with why there is none. */
type ConnectCallback = (...outcome: [null, Duplex] | [Error, null]) => void;

/** The same as undici has it: it wants a socket, and gets what behaves as one. */
type SocketCallback = (...outcome: [null, Socket] | [Error, null]) => void;

/**
 * What undici takes as its option `connect`: `new Agent({ connect: connector(session) })` is a dispatcher for `fetch`
 * and all that undici has.
 */
export function connector(
  source: OpenerSource,
): (options: unknown, callback: SocketCallback) => void {
  return (_options, callback) =>
    // Later: undici overlooks a connection that it gets while it asks for it.
    open(source, {}, (...outcome) => process.nextTick(callback as ConnectCallback, ...outcome));
}

function open(source: OpenerSource, options: DuplexOptions, callback: ConnectCallback): void {
  const fail = (error: unknown): void => {
    callback(
      error instanceof Error ? error : new Error("there is no session", { cause: error }),
      null,
    );
  };
  const use = (opener: StreamOpener): void => {
    let connection: Duplex;
    try {
      connection = toDuplex(opener.open(), options);
    } catch (error) {
      return fail(error);
    }
    callback(null, connection);
  };
  let opener: StreamOpener | Promise<StreamOpener>;
  try {
    opener = typeof source === "function" ? source() : source;
  } catch (error) {
    return fail(error);
  }
  if (opener instanceof Promise) opener.then(use, fail);
  else use(opener);
}

/** Any server of Node's that takes connections: of `node:http` or `node:http2`, and so those of frameworks. */
export interface ConnectionServer {
  /** As of an event emitter. */
  emit(event: "connection", connection: Duplex): boolean;
}

/** Options of {@link serveHttp}. */
export interface ServeHttpOptions {
  /** Takes no more streams when it aborts. Those that are being served go on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives every stream that the peer opens to `server` as a connection, until the session is over or the signal
 * aborts. Never rejects.
 *
 * The server need not listen; but only one that does checks its `headersTimeout` and `requestTimeout`, and can close
 * connections. For peers that are not trusted, listen on a Unix socket or set `server.timeout`.
 */
export async function serveHttp(
  session: { accept(options?: { signal?: AbortSignal }): Promise<Stream> },
  server: ConnectionServer,
  { signal }: ServeHttpOptions = {},
): Promise<void> {
  for (;;) {
    let stream: Stream;
    try {
      stream = await session.accept(signal && { signal });
    } catch {
      return;
    }
    try {
      server.emit("connection", toDuplex(stream));
    } catch (error) {
      // A listener of the server's has failed: that is one connection less.
      stream.reset("INTERNAL_ERROR");
      reportThrown(error);
    }
  }
}
