// The messages on Node's diagnostics channels. They are for tracers, which subscribe by name and need nothing from this
// package.

import { channel } from "node:diagnostics_channel";
import type { KeepContext, Session, SessionEnd, Stream, StreamWatcher } from "@muxado/core";
import { keepContext } from "./context.ts";

/** The message on the channel `muxado:session:open`. */
export interface SessionOpenMessage {
  /** The session, which has just begun. */
  readonly session: Session;
}

/** The message on the channel `muxado:session:close`. */
export interface SessionCloseMessage extends SessionOpenMessage {
  /** How the session ended: the value that `session.closed` resolves with. */
  readonly end: SessionEnd;
}

/** The message on the channels `muxado:stream:open` and `muxado:stream:close`. */
export interface StreamMessage {
  /**
   * The stream, which either side has opened. When it closes, both directions have ended, or the stream has failed. In
   * that case, its `error` gives the reason.
   */
  readonly stream: Stream;
}

const sessionOpen = channel("muxado:session:open");
const sessionClose = channel("muxado:session:close");
const streamOpen = channel("muxado:stream:open");
const streamClose = channel("muxado:stream:close");

/** Publishes the beginning and the end of `session`. */
export function publishSession(session: Session): void {
  if (sessionOpen.hasSubscribers) sessionOpen.publish({ session } satisfies SessionOpenMessage);
  void session.closed.then((end) => {
    if (sessionClose.hasSubscribers) {
      sessionClose.publish({ session, end } satisfies SessionCloseMessage);
    }
  });
}

/**
 * Returns a watcher that publishes each event and passes it on to `watcher`. Both are told of the end of a stream in
 * the context in which the stream began, even if other code causes the end.
 */
export function publishing(watcher: StreamWatcher | undefined): StreamWatcher {
  const contexts = new WeakMap<Stream, ReturnType<KeepContext>>();
  function tellEnd(this: Stream): void {
    if (streamClose.hasSubscribers) streamClose.publish({ stream: this } satisfies StreamMessage);
    watcher?.closed?.(this);
  }
  return {
    opened(stream) {
      if (streamClose.hasSubscribers || watcher?.closed) {
        contexts.set(stream, keepContext());
      }
      if (streamOpen.hasSubscribers) streamOpen.publish({ stream } satisfies StreamMessage);
      watcher?.opened?.(stream);
    },
    closed(stream) {
      const inContext = contexts.get(stream);
      if (inContext === undefined) tellEnd.call(stream);
      else inContext(tellEnd, stream);
    },
  };
}
