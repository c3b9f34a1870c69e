// The page's work with each of its sessions, without the page itself. The program on Node uses it as well.

import type { Session } from "@muxado/core";
import { Heartbeat } from "@muxado/heartbeat";
import { TypedSession, type TypedStream } from "@muxado/typed";
import { ask, Chat, type Entry } from "./chat.ts";
import { measure } from "./echo.ts";
import { GIFT, HEARD, type News, NEWS, receive, type Wish, WISH } from "./protocol.ts";
import { type Link, Reconnecting } from "./reconnect.ts";
import { upload, type UploadOptions } from "./upload.ts";

/** Callbacks of a client, and what it needs to start. */
export interface ClientOptions {
  /** The author's name in the chat. */
  readonly name: string;
  readonly dial: () => Promise<Session>;
  readonly onLink?: (link: Link) => void;
  readonly onEntry?: (entry: Entry) => void;
  readonly onNews?: (news: News) => void;
  /** Called with the round trip of each heartbeat, in milliseconds. */
  readonly onBeat?: (milliseconds: number) => void;
  /** Called with the round trip of a small message, in milliseconds. */
  readonly onEcho?: (milliseconds: number) => void;
  /** Called when the type of a stream is known, for streams of either side. */
  readonly onTyped?: (stream: TypedStream) => void;
}

/** Short, because somebody is watching. The default interval of 10 seconds is enough to find a lost connection. */
const BEAT = { interval: 500, tolerance: 8000, endDeadSession: true };

/** A client of the server: the chat, uploads, measurements, and the streams that the server opens. */
export class Client {
  readonly chat: Chat;
  readonly #options: ClientOptions;
  readonly #connection: Reconnecting;
  #session: TypedSession | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.chat = new Chat(options.name, options.onEntry ?? ignore);
    this.#connection = new Reconnecting({
      dial: options.dial,
      onLink: (link) => {
        this.#use(link);
        options.onLink?.(link);
      },
    });
  }

  /** Connects, and connects again whenever the connection is lost. */
  start(): void {
    this.#connection.start();
  }

  /** Sends bytes with `upload` of upload.ts. */
  upload(chunks: AsyncIterable<Uint8Array>, options: UploadOptions): ReturnType<typeof upload> {
    return upload(this.#connected(), chunks, options);
  }

  /** Asks the server to open this many streams. */
  async wish(streams: number): Promise<void> {
    const wish: Wish = { streams };
    await ask(this.#connected(), WISH, wish);
  }

  /** Cuts the connection without notice, as happens to a train in a tunnel. */
  cut(): void {
    this.#session?.destroy();
  }

  /** Ends the pause before the next attempt to connect. */
  hurry(): void {
    this.#connection.hurry();
  }

  async stop(): Promise<void> {
    await this.#connection.stop();
  }

  #connected(): TypedSession {
    if (this.#session === undefined) throw new Error("there is no connection");
    return this.#session;
  }

  #use(link: Link): void {
    const { onBeat = ignore, onEcho = ignore } = this.#options;
    this.#session =
      link.state === "connected" ? new Watched(link.session, this.#options.onTyped) : undefined;
    this.chat.use(this.#session);
    const session = this.#session;
    if (session === undefined) return;
    new Heartbeat(session, { ...BEAT, onBeat });
    void measure(session, onEcho);
    void session.serve({
      [HEARD]: (stream) => this.chat.hear(stream),
      [NEWS]: async (stream) => {
        const news = await receive(stream);
        await stream.close();
        const [pages, uploads] = [news.number("pages", 1e6), news.number("uploads", 1e6)];
        this.#options.onNews?.({ pages, uploads });
      },
      [GIFT]: async (stream) => {
        while ((await stream.read()) !== null);
        await stream.close();
      },
    });
  }
}

/** A session that calls `onTyped` with each of its streams, once its type is known. */
class Watched extends TypedSession {
  readonly #onTyped: ((stream: TypedStream) => void) | undefined;

  constructor(session: Session, onTyped: ((stream: TypedStream) => void) | undefined) {
    super(session);
    this.#onTyped = onTyped;
  }

  override open(options?: Parameters<TypedSession["open"]>[0]): TypedStream {
    const stream = super.open(options);
    this.#onTyped?.(stream);
    return stream;
  }

  override async accept(options?: Parameters<TypedSession["accept"]>[0]): Promise<TypedStream> {
    const stream = await super.accept(options);
    this.#onTyped?.(stream);
    return stream;
  }
}

function ignore(): void {}
