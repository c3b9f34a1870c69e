// The host of all connected pages: answers their streams, and sends them chat messages and news.

import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@muxado/core";
import { Heartbeat } from "@muxado/heartbeat";
import { type Routes, TypedSession } from "@muxado/typed";
import {
  ECHO,
  GIFT,
  HEARD,
  NEWS,
  receive,
  type Said,
  SAY,
  said,
  send,
  UPLOAD,
  WISH,
} from "./page/protocol.ts";
import { receiveUpload } from "./uploads.ts";

/** Time between two pieces of news, in milliseconds. */
const NEWS_INTERVAL = 1000;

/** Most chat messages that are kept. A page that connects gets them all. */
const HISTORY = 20;

/** The most streams that a page may ask for at a time. */
const MOST_GIFTS = 500;

/** Span within which all gifts start, and the longest pause between the pieces of a gift. In milliseconds. */
const GIFTS_TIME = 3000;
const PIECES_TIME = 150;

/** Serves sessions. */
export class Host {
  readonly #sessions = new Set<TypedSession>();
  readonly #history: Said[] = [];
  #uploads = 0;
  readonly #news = setInterval(() => this.#tellNews(), NEWS_INTERVAL);

  /** Serves a page until its session has ended. */
  async serve(connection: Session): Promise<void> {
    const session = new TypedSession(connection);
    new Heartbeat(session, { endDeadSession: true });
    this.#sessions.add(session);
    for (const message of this.#history) void tell(session, HEARD, message);
    await session.serve(this.#routes(session));
    this.#sessions.delete(session);
  }

  close(): void {
    clearInterval(this.#news);
  }

  #routes(session: TypedSession): Routes {
    return {
      [SAY]: async (stream) => {
        const message = said(await receive(stream));
        this.#spread(message, session);
        await send(stream, {});
      },
      [UPLOAD]: async (stream) => {
        this.#uploads++;
        try {
          await receiveUpload(stream);
        } finally {
          this.#uploads--;
        }
      },
      [ECHO]: (stream) => stream.readable.pipeTo(stream.writable),
      [WISH]: async (stream) => {
        const streams = (await receive(stream)).number("streams", MOST_GIFTS);
        for (let count = 0; count < streams; count++) void give(session);
        await send(stream, {});
      },
    };
  }

  /** Sends a message to every page but its author's. */
  #spread(message: Said, author: TypedSession): void {
    this.#history.push(message);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const session of this.#sessions) {
      if (session !== author) void tell(session, HEARD, message);
    }
  }

  #tellNews(): void {
    const news = { pages: this.#sessions.size, uploads: this.#uploads };
    for (const session of this.#sessions) void tell(session, NEWS, news);
  }
}

/** Opens a stream to a page and sends a message. A page whose session is ending misses the message. */
async function tell(session: TypedSession, type: number, message: object): Promise<void> {
  try {
    const stream = session.open({ type });
    await send(stream, message);
    await stream.close();
  } catch {
    // The end of the session is reported by the session itself.
  }
}

/** Opens a stream at a random time, and sends some bytes with random pauses. */
async function give(session: TypedSession): Promise<void> {
  try {
    await sleep(Math.random() * GIFTS_TIME);
    const stream = session.open({ type: GIFT });
    for (let piece = 0; piece < 4; piece++) {
      await stream.write(new Uint8Array(1 + Math.random() * 4096));
      await sleep(Math.random() * PIECES_TIME);
    }
    await stream.close();
  } catch {
    // As above.
  }
}
