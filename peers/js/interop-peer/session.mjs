// The commands of a peer for its session, and whole exchanges: the echo of every stream that the other end opens, and
// requests of this peer.

import { readFileSync } from "node:fs";
import { yamux } from "@libp2p/yamux";
import { errorFields, report } from "./control.mjs";
import { PeerStream } from "./stream.mjs";

/** Milliseconds that a close may wait for its streams. libp2p allows the same. */
const CLOSE_TIMEOUT = 500;

export class Peer {
  #transport;
  #muxer;
  #streams = new Map();
  #lastStream = 0;
  /** Streams that the library has accepted and that no command has asked for. */
  #accepted = [];
  #accepting = [];

  constructor(transport, options) {
    this.#transport = transport;
    this.#muxer = yamux({
      enableKeepAlive: options.keepAlive > 0,
      ...(options.keepAlive > 0 && { keepAliveInterval: options.keepAlive }),
      ...(options.streamLimit > 0 && {
        maxInboundStreams: options.streamLimit,
        maxOutboundStreams: options.streamLimit,
      }),
      ...(options.initialWindow > 0 && {
        streamOptions: { initialStreamWindowSize: options.initialWindow },
      }),
    })().createStreamMuxer(transport);
    this.#muxer.addEventListener("stream", ({ detail }) => this.#accept(new PeerStream(detail)));
    // These listeners run after the library's own listeners.
    transport.addEventListener("message", () => this.#checkEnd("the muxer is closed"));
    transport.addEventListener("close", () => this.#checkEnd("the transport is closed"));
  }

  async obey(command) {
    switch (command.do) {
      case "open":
        return this.#opened(await this.#open());
      case "accept":
        return this.#opened(await this.#next());
      case "serve":
        void this.#serve();
        return {};
      case "ask":
        return this.#ask(command);
      case "ping":
        return { microseconds: 1_000 * (await this.#muxer.ping()) };
      case "goAway":
        await this.#muxer.close({ reason: command.code });
        return {};
      case "end":
        return this.#end();
      case "memory":
        return { peak: peakMemory() };
      default:
        return (await this.#streams.get(command.stream).obey(command)) ?? {};
    }
  }

  async #open() {
    return new PeerStream(await this.#muxer.createStream());
  }

  #accept(stream) {
    const waiting = this.#accepting.shift();
    if (waiting === undefined) this.#accepted.push(stream);
    else waiting.resolve(stream);
  }

  #next() {
    const stream = this.#accepted.shift();
    if (stream !== undefined) return stream;
    if (this.#muxer.status !== "open") throw new Error("the muxer is closed");
    return new Promise((resolve, reject) => this.#accepting.push({ resolve, reject }));
  }

  #opened(stream) {
    this.#streams.set(++this.#lastStream, stream);
    return { stream: this.#lastStream, wireId: stream.id };
  }

  /** The library does not report the end of its session. */
  #checkEnd(text) {
    if (this.#muxer.status === "open") return;
    const error = new Error(text);
    for (const { reject } of this.#accepting.splice(0)) reject(error);
    report("ended", { local: errorFields(error), debug: "" });
  }

  async #end() {
    try {
      await this.#muxer.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT) });
      this.#transport.close();
    } catch (error) {
      this.#muxer.abort(error);
      this.#transport.abort();
    }
    return {};
  }

  async #serve() {
    try {
      for (;;) {
        const stream = await this.#next();
        void stream.echo().then((served) => report("served", { ...served, wireId: stream.id }));
      }
    } catch (error) {
      report("served all", { error: errorFields(error) });
    }
  }

  async #ask({ count, bytes, seed, together = count }) {
    const wrong = [];
    let next = 0;
    const work = async () => {
      while (next < count) {
        const turn = next++;
        try {
          await this.#askOnce(bytes, seed + turn);
        } catch (error) {
          wrong.push(`stream ${turn}: ${errorFields(error).text}`);
        }
      }
    };
    await Promise.all(Array.from({ length: together }, work));
    return { right: count - wrong.length, wrong };
  }

  async #askOnce(bytes, seed) {
    const stream = await this.#open();
    const sending = stream.send({ bytes, seed }).then(async (sent) => {
      if (sent.error === undefined) await stream.closeWrite();
      return sent;
    });
    const [sent, got] = await Promise.all([sending, stream.receive()]);
    const error = sent.error ?? got.error;
    if (error !== undefined) throw error;
    if (sent.sum() !== got.sum()) {
      throw new Error(`${got.length} bytes came back of ${sent.length}, or others`);
    }
  }
}

/** The peak memory of this process in RAM, in bytes. 0 where the system does not report it. */
function peakMemory() {
  try {
    const [, kibibytes] = /VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "latin1"));
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}
