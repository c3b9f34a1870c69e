// Our streams without promises, on the layer that never waits. The only promises are those that the benchmark itself
// awaits.

import type { Session, Stream } from "@muxado/core";
import {
  bulkChunks,
  BulkReader,
  bulkReply,
  type EchoPayload,
  EchoReader,
  MessageReader,
  replyTo,
} from "../payload.ts";
import type { Connection } from "../peer.ts";
import type { Face } from "./face.ts";

export const callbacks: Face = {
  handlers: {
    open(stream) {
      const message = new MessageReader();
      const receive = receiver(
        stream,
        (chunk) => message.add(chunk),
        () => finish(stream, replyTo(message.end())),
      );
      stream.observe({ onReadable: receive, onWritable: nothing });
      receive();
    },

    bulk(stream) {
      const bulk = new BulkReader();
      const receive = receiver(
        stream,
        (chunk) => bulk.add(chunk),
        () => finish(stream, bulkReply(bulk.length)),
      );
      stream.observe({ onReadable: receive, onWritable: nothing });
      receive();
    },

    echo(stream) {
      let rest: Uint8Array | undefined;
      const move = (): void => {
        for (;;) {
          const chunk = rest ?? stream.take();
          if (chunk === undefined) return;
          if (chunk === null) return void stream.closeWrite();
          const taken = stream.offer(chunk);
          rest = taken < chunk.length ? chunk.subarray(taken) : undefined;
          if (rest !== undefined) return;
        }
      };
      stream.observe({ onReadable: move, onWritable: move });
      move();
    },
  },

  use: (session) => new CallbackConnection(session),
};

class CallbackConnection implements Connection {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.open();
    finish(stream, body);
    return replyOf(stream, nothing);
  }

  upload(length: number, size: number): Promise<Uint8Array> {
    const stream = this.#session.open();
    const send = sender(stream, bulkChunks(length, size));
    const reply = replyOf(stream, send);
    send();
    return reply;
  }

  echo(payload: EchoPayload): Promise<void> {
    const stream = this.#session.open();
    const echo = new EchoReader(payload);
    const send = sender(stream, payload.chunks());
    return new Promise((resolve) => {
      const receive = receiver(
        stream,
        (chunk) => echo.add(chunk),
        () => resolve(echo.end()),
      );
      stream.observe({ onReadable: receive, onWritable: send });
      send();
    });
  }

  hold(): never {
    throw new Error("it keeps no streams");
  }
}

function replyOf(stream: Stream, onWritable: () => void): Promise<Uint8Array> {
  const message = new MessageReader();
  return new Promise((resolve) => {
    const receive = receiver(
      stream,
      (chunk) => message.add(chunk),
      () => resolve(message.end()),
    );
    stream.observe({ onReadable: receive, onWritable });
  });
}

/** Takes the bytes that are available. */
function receiver(stream: Stream, add: (chunk: Uint8Array) => void, end: () => void): () => void {
  return () => {
    for (let chunk = stream.take(); chunk !== undefined; chunk = stream.take()) {
      if (chunk === null) return end();
      add(chunk);
    }
  };
}

/** Offers the bytes that remain to send, and half-closes after the last. */
function sender(stream: Stream, chunks: Iterator<Uint8Array>): () => void {
  let next = chunks.next();
  return () => {
    while (!next.done) {
      const taken = stream.offer(next.value);
      if (taken < next.value.length) {
        next = { value: next.value.subarray(taken) };
        return;
      }
      next = chunks.next();
    }
    void stream.closeWrite();
  };
}

/**
 * Sends the only message and half-closes. The message is small. If the stream does not take all of it at once, a write
 * sends the rest.
 */
function finish(stream: Stream, message: Uint8Array): void {
  const taken = stream.offer(message);
  if (taken < message.length) void stream.write(message.subarray(taken));
  void stream.closeWrite();
}

function nothing(): void {}
