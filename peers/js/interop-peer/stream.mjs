// What a peer can be told to do with one stream.

import { setTimeout as sleep } from "node:timers/promises";
import { Digest, endingOf, Payload } from "./payload.mjs";

/** Unread bytes with which a stream is paused: only that makes the library hold back credit. */
const MOST_UNREAD = 64 * 1024;

/** The end of a stream, as {@link PeerStream.take} gives it. */
const END = null;

export class PeerStream {
  id;
  #stream;
  #chunks = [];
  #unread = 0;
  #isEnded = false;
  #error;
  /** Called when something has changed. */
  #wake = () => {};

  constructor(stream) {
    this.#stream = stream;
    this.id = stream.streamId;
    stream.addEventListener("message", ({ data }) => this.#receive(data.subarray()));
    // All that has come has been read.
    stream.addEventListener("end", () => this.#end());
    stream.addEventListener("close", ({ error }) => {
      this.#error ??= error;
      this.#wake();
    });
  }

  obey(command) {
    switch (command.do) {
      case "write":
        return this.#write(command);
      case "read":
        return this.#readOnce(command.max);
      case "receive":
        return this.receive(command).then((got) => got.fields());
      case "echo":
        return this.echo();
      case "closeWrite":
        return this.closeWrite();
      case "close":
        return this.close();
      case "pause":
        return this.#stream.pause();
      case "resume":
        return this.#stream.resume();
      case "reset":
        return this.reset();
      default:
        throw new Error(`unknown command ${command.do}`);
    }
  }

  /** Writes so many bytes of payload, and says how far it came. */
  async send({ bytes, seed, piece = 64 * 1024, pause = 0 }) {
    const source = new Payload(seed);
    const sent = new Digest();
    try {
      while (sent.length < bytes) {
        const chunk = source.take(Math.min(piece, bytes - sent.length));
        await this.#put(chunk);
        sent.add(chunk);
        if (pause > 0) await sleep(pause);
      }
    } catch (error) {
      sent.error = error;
    }
    return sent;
  }

  /** Reads to the end, however that comes. */
  async receive({ piece = 64 * 1024, pause = 0 } = {}) {
    const got = new Digest();
    try {
      for (;;) {
        const chunk = await this.#take(piece);
        if (chunk === END) break;
        got.add(chunk);
        if (pause > 0) await sleep(pause);
      }
    } catch (error) {
      got.error = error;
    }
    return got;
  }

  /** Sends back what comes until the end, and then ends its own direction. */
  async echo() {
    const got = new Digest();
    try {
      for (;;) {
        const chunk = await this.#take(64 * 1024);
        if (chunk === END) break;
        got.add(chunk);
        await this.#put(chunk);
      }
      await this.#stream.close();
    } catch (error) {
      got.error = error;
    }
    return got.fields();
  }

  async closeWrite() {
    await this.#stream.close();
  }

  async close() {
    await Promise.all([this.#stream.close(), this.#stream.closeRead()]);
  }

  async reset() {
    this.#stream.abort(new Error("reset here"));
  }

  async #write(command) {
    if (command.hex === undefined) return (await this.send(command)).fields();
    const bytes = Buffer.from(command.hex, "hex");
    const sent = new Digest();
    try {
      await this.#put(bytes);
      sent.add(bytes);
    } catch (error) {
      sent.error = error;
    }
    return sent.fields();
  }

  /** Resolves when the library has none of it left: `onDrain` waits once only. */
  async #put(bytes) {
    const stream = this.#stream;
    stream.send(bytes);
    while (stream.writeBufferLength > 0) {
      if (stream.status !== "open") throw stream.error ?? this.#error ?? new Error("closed");
      await new Promise((resolve) => {
        stream.addEventListener("idle", resolve, { once: true });
        stream.addEventListener("close", resolve, { once: true });
      });
    }
    if (this.#error !== undefined) throw this.#error;
  }

  async #readOnce(max) {
    try {
      const chunk = await this.#take(max);
      if (chunk === END) return { hex: "", end: "clean" };
      return { hex: Buffer.from(chunk).toString("hex") };
    } catch (error) {
      return { hex: "", end: endingOf(error) };
    }
  }

  /** The next bytes, at most `max`. */
  async #take(max) {
    while (this.#chunks.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return END;
      this.#resume();
      if (this.#chunks.length > 0) break;
      await new Promise((resolve) => (this.#wake = resolve));
    }
    const [first] = this.#chunks;
    const chunk = first.subarray(0, max);
    if (chunk.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(max);
    this.#unread -= chunk.length;
    return chunk;
  }

  #receive(chunk) {
    this.#chunks.push(chunk);
    this.#unread += chunk.length;
    // A moment later: pausing at once would cost the other end its ACK.
    if (this.#unread > MOST_UNREAD) queueMicrotask(() => this.#pause());
    this.#wake();
  }

  #pause() {
    if (this.#unread > MOST_UNREAD && this.#stream.readStatus === "readable") this.#stream.pause();
  }

  #resume() {
    if (this.#stream.readStatus === "paused") this.#stream.resume();
  }

  #end() {
    this.#isEnded = true;
    this.#wake();
  }
}
