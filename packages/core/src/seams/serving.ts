// What servers of sessions do alike, whatever listens for them: they begin to listen, and give each session to the
// application. Core imports no module of Node's, so an adapter brings what listens.

type ListenerEvent = "listening" | "error" | "close";

/** What listens: a `net.Server` or `http.Server` of Node's, as far as it is used here. */
interface Listener<Options> {
  listen(options: Options): unknown;
  once(event: ListenerEvent, callback: (error: Error) => void): unknown;
  off(event: ListenerEvent, callback: (error: Error) => void): unknown;
}

/**
 * Resolves once `listener` listens. Rejects with its error, or if it is closed before. None of our callbacks stays on
 * it, since it may be somebody else's.
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

/** What `listen` of a server that was closed rejects with. */
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
