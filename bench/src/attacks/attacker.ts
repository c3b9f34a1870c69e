// The attacker's connection. It sends frames at a rate, discards all that it receives, and connects again when the
// server ends the connection.

import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { LOOPBACK } from "../peer.ts";

/** Milliseconds between two writes. */
const PAUSE = 5;

/** Milliseconds whose bytes may be sent at once, after a pause that took longer than planned. */
const LATE = 100;

export class Attacker {
  /** Number of connections so far. */
  connections = 0;
  bytesSent = 0;
  readonly #port: number;
  readonly #frames: () => Iterable<Uint8Array>;
  readonly #hangsUp: boolean;
  #socket: Socket | undefined;
  #left: Iterator<Uint8Array> | undefined;

  /**
   * @param hangsUp whether the attacker hangs up after the last frame and begins again; otherwise the connection rests.
   */
  constructor(port: number, frames: () => Iterable<Uint8Array>, hangsUp = false) {
    this.#port = port;
    this.#frames = frames;
    this.#hangsUp = hangsUp;
  }

  /** Sends `rate` bits a second until `enough` returns true, or until there are no frames left. */
  async send(rate: number, enough: () => boolean): Promise<void> {
    let last = performance.now();
    let debt = 0;
    while (!enough()) {
      await delay(PAUSE);
      const now = performance.now();
      debt += (Math.min(now - last, LATE) * rate) / 8000;
      last = now;
      const socket = this.#connected();
      // While the server does not read, the attacker does not write either.
      if (socket.writableNeedDrain) debt = 0;
      if (debt <= 0) continue;
      const frames: Uint8Array[] = [];
      while (debt > 0) {
        const next = this.#left!.next();
        if (next.done) break;
        frames.push(next.value);
        debt -= next.value.length;
        this.bytesSent += next.value.length;
      }
      if (frames.length > 0) {
        socket.write(Buffer.concat(frames));
      } else {
        debt = 0;
        if (this.#hangsUp) socket.end();
      }
    }
  }

  /** Connects, if there is no connection. */
  connect(): void {
    this.#connected();
  }

  /** Stops reading from the connection. */
  pause(): void {
    this.#connected().pause();
  }

  /** Writes one frame, independent of the rate. */
  write(frame: Uint8Array): void {
    this.#connected().write(frame);
  }

  /** Hangs up without a last frame. */
  kill(): void {
    this.#socket?.destroy();
  }

  /** Returns the connection. If there is none, it makes a new one, which begins with the first frame. */
  #connected(): Socket {
    if (this.#socket !== undefined && !this.#socket.destroyed) return this.#socket;
    this.connections++;
    this.#left = this.#frames()[Symbol.iterator]();
    const socket = connect({ host: LOOPBACK, port: this.#port, noDelay: true });
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    socket.on("finish", () => this.#hangsUp && socket.destroy());
    socket.resume();
    this.#socket = socket;
    return socket;
  }
}
