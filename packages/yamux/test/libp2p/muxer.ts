// Our sessions behind libp2p's interface for stream muxers, for its compliance suite. Private: an application that
// wants a muxer takes one of libp2p's own packages.

import {
  MuxadoError,
  Session,
  type Stream,
  type Transport,
  type TransportInput,
} from "@muxado/core";
import { yamux } from "@muxado/yamux";
import type { AbortOptions, MessageStream, StreamMuxerFactory } from "@libp2p/interface";
import { AbstractStream, AbstractStreamMuxer, type SendResult } from "@libp2p/utils";
import type { Uint8ArrayList } from "uint8arraylist";

const PROTOCOL = "/yamux/1.0.0";

/** After a close, streams wait this many milliseconds for the peer to close its half. */
const CLOSE_TIMEOUT = 1000;

/** Makes a muxer for a libp2p connection: the side that dialed is the client. */
export function muxerFactory(): StreamMuxerFactory {
  return { protocol: PROTOCOL, createStreamMuxer: (connection) => new Muxer(connection) };
}

class Muxer extends AbstractStreamMuxer<MuxedStream> {
  readonly #transport: MessageTransport;
  readonly #session: Session;

  constructor(connection: MessageStream) {
    super(connection, { protocol: PROTOCOL, name: "muxado" });
    this.#transport = new MessageTransport(connection);
    const role = connection.direction === "outbound" ? "client" : "server";
    this.#session = new Session(this.#transport, role, { wire: yamux() });
    void this.#accept();
  }

  onCreateStream(): MuxedStream {
    return this.#wrap(this.#session.open(), "outbound");
  }

  onData(data: Uint8Array | Uint8ArrayList): void {
    this.#transport.receive(data);
  }

  /** The muxer does not close the connection, because it does not own it. */
  override async close(options?: AbortOptions): Promise<void> {
    for (const stream of this.streams) stream.readOn();
    await super.close(options);
    void this.#session.close({ timeout: CLOSE_TIMEOUT });
  }

  override abort(error: Error): void {
    super.abort(error);
    this.#session.destroy(error);
  }

  override onTransportClosed(error?: Error): void {
    super.onTransportClosed(error);
    this.#transport.ended(error);
  }

  async #accept(): Promise<void> {
    for await (const stream of this.#session) this.onRemoteStream(this.#wrap(stream, "inbound"));
  }

  #wrap(stream: Stream, direction: "inbound" | "outbound"): MuxedStream {
    return new MuxedStream(stream, direction, this.log.newScope(`${direction}:${stream.id}`));
  }
}

class MuxedStream extends AbstractStream {
  readonly #stream: Stream;
  #readsOn = false;

  constructor(stream: Stream, direction: "inbound" | "outbound", log: Muxer["log"]) {
    super({ id: String(stream.id), direction, log, protocol: "" });
    this.#stream = stream;
    stream.observe({
      onReadable: () => this.#receive(),
      onWritable: () => this.onMuxerDrain(),
    });
  }

  /** A new listener gets the bytes that have arrived so far. */
  override addEventListener(...args: Parameters<AbstractStream["addEventListener"]>): void {
    super.addEventListener(...args);
    queueMicrotask(() => this.#receive());
  }

  sendData(data: Uint8ArrayList): SendResult {
    const sentBytes = this.#stream.offer(data.subarray());
    return { sentBytes, canSendMore: sentBytes === data.byteLength };
  }

  sendReset(): void {
    this.#stream.reset();
  }

  sendCloseWrite(options?: AbortOptions): Promise<void> {
    return this.#stream.closeWrite(options);
  }

  /** Yamux has no frame for this: the muxer drops bytes that still arrive. */
  async sendCloseRead(): Promise<void> {}

  /** Bytes that nobody takes give no credit. */
  sendPause(): void {}

  sendResume(): void {
    this.#receive();
  }

  /**
   * From now on, bytes go to libp2p's buffer even without a listener. The end is behind them, and the muxer waits for
   * it.
   */
  readOn(): void {
    this.#readsOn = true;
    this.#receive();
  }

  get #isWanted(): boolean {
    return this.#readsOn || this.listenerCount("message") > 0;
  }

  /** Takes no bytes that nobody listens to. The end, which is behind the bytes, always matters. */
  #receive(): void {
    try {
      while (this.status === "open" && this.readStatus !== "paused") {
        if (!this.#isWanted && this.#stream.stats().bytesUnread > 0) return;
        const piece = this.#stream.take();
        if (piece === undefined) return;
        if (piece === null) return this.onRemoteCloseWrite();
        this.onData(piece);
      }
    } catch (error) {
      if (!MuxadoError.is(error)) throw error;
      if (error.scope === "stream") this.onRemoteReset();
      else this.onTransportClosed(error.code === "SESSION_CLOSED" ? undefined : error);
    }
  }
}

/** A libp2p connection as the transport of a session. */
class MessageTransport implements Transport {
  readonly #connection: MessageStream;
  #input!: TransportInput;
  #isWriting = false;

  constructor(connection: MessageStream) {
    this.#connection = connection;
  }

  start(input: TransportInput): void {
    this.#input = input;
    this.#connection.addEventListener("drain", () => this.#confirm());
  }

  write(chunks: Uint8Array[]): void {
    this.#isWriting = true;
    try {
      let hasRoom = true;
      for (const chunk of chunks) hasRoom = this.#connection.send(chunk.slice());
      if (hasRoom) this.#confirm();
    } catch (error) {
      this.#input.ended(error);
    }
  }

  receive(data: Uint8Array | Uint8ArrayList): void {
    this.#input.receive(data.subarray());
  }

  ended(error?: Error): void {
    this.#input.ended(error);
  }

  end(): void {}

  destroy(): void {}

  /** One of the chunks of a write may find no room, and the next one some: then `drain` comes as well. */
  #confirm(): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.#input.written();
  }
}
