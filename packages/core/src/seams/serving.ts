// Code that all servers of sessions share: it makes a server listen, and gives each session to the application. Core
// imports no module of Node, so an adapter passes the server of Node that listens.

import type { Transport } from "./transport.ts";

type ListenerEvent = "listening" | "error" | "close";

/** The part of Node's `net.Server` or `http.Server` that this file uses. */
interface Listener<Options> {
  listen(options: Options): unknown;
  once(event: ListenerEvent, callback: (error: Error) => void): unknown;
  off(event: ListenerEvent, callback: (error: Error) => void): unknown;
}

/**
 * Makes `listener` listen, and resolves once it does. Rejects with its error, or if it is closed before. Removes all
 * our callbacks from it, because it may belong to other code.
 */
export async function startListening<Options>(
  listener: Listener<Options>,
  options: Options,
): Promise<void> {
  listener.listen(options);
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      listener.off("listening", onListening);
      listener.off("error", onError);
      listener.off("close", onClose);
    };
    const onListening = (): void => {
      settle();
      resolve();
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onClose = (): void => onError(closedBeforeListening());
    listener.once("listening", onListening);
    listener.once("error", onError);
    listener.once("close", onClose);
  });
}

/** Returns the error of `listen` on a server that was closed. */
export function closedBeforeListening(): Error {
  return new Error("the server was closed before it listened");
}

/** Calls the application's handler of `session`. If it throws or its promise rejects, the session is destroyed. */
export async function handOver(
  session: { destroy(error: unknown): void },
  handle: () => void | Promise<void>,
): Promise<void> {
  try {
    await handle();
  } catch (error) {
    session.destroy(error);
  }
}

/**
 * Called with the transport of each new connection, before there is a session. Resolves with the transport that the
 * session runs over, or with null if the connection belongs to something else now, and there is no new session. If it
 * fails, the connection is closed.
 */
export type Admit<Connection> = (
  transport: Transport,
  connection: Connection,
) => Promise<Transport | null> | Transport | null;
