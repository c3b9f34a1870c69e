// The commands of a peer for one stream.

import { setTimeout as sleep } from "node:timers/promises";
import { Digest, endingOf, Payload } from "./payload.mjs";

/** Number of unread bytes above which a stream is paused. Only a pause makes the library hold back credit. */
const MOST_UNREAD = 64 * 1024;

/** The end of a stream, as {@link PeerStream.take} returns it. */
const END = null;

export class PeerStream {
  id;
  #stream;
  #chunks = [];
  #unread = 0;
  #isEnded = false;
  #error;
  /** Called when the state has changed. */
  #wake = () => {};

  constructor(stream) {
    this.#stream = stream;
    this.id = stream.streamId;
    stream.addEventListener("message", ({ data }) => this.#receive(data.subarray()));
    // The library emits "end" when all bytes that came have been read.
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

  /** Writes so many bytes of payload, and returns how many it wrote. */
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

  /** Reads until the stream ends, cleanly or with an error. */
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

  /** Sends back all bytes until the end, and then half-closes. */
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

  /** Resolves when the library has sent all of these bytes. It does not use `onDrain`, which waits only once. */
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

  /** Returns the next bytes, at most `max`. */
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
    // In a microtask: if the stream paused at once, the other end would not get its ACK.
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
