// Finds out when a WebSocket's own buffer has room for more bytes. The socket has only a property with the number of
// bytes that wait. A timer reads it, but only while the transport waits for room.

import type { Clock, Timer } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";

/** The `transportBudget` of a session over a WebSocket if none is given, in bytes. */
export const USUAL_BUDGET: number = 256 * 1024;

/** Milliseconds until the first look at a buffer without room. In a browser, nested timers take at least this time. */
const SHORTEST_WAIT = 4;

/** Milliseconds between two looks at a buffer that does not move. */
const LONGEST_WAIT = 64;

/** A look counts as late after this many milliseconds. Timers of a page in the background fire only once a second. */
const LATE = 500;

/**
 * Looks at a buffer that does not move before we doubt the number of bytes that it reports. They take about a second.
 */
const MOST_STILL_LOOKS = 16;

/** Properties of a socket, and of the session on it. */
export interface SocketBufferOptions {
  readonly clock: Clock;
  /** The session's `transportBudget`. */
  readonly budget: number;
}

/**
 * The buffer of one socket.
 *
 * An urgent write cannot overtake the bytes in this buffer. So the buffer should hold few bytes, but it should not be
 * empty before the next look. Its limit begins at a quarter of the session's budget and is never lower. On a fast line
 * the limit rises up to twice the budget. If looks come late, it rises up to sixteen times the budget.
 */
export class SocketBuffer {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  readonly #budget: number;
  #isAwaited = false;
  #timer: Timer | undefined;
  /** There is room as long as the buffer holds at most this many bytes. */
  #allowed: number;
  /** The number of bytes in the buffer at the last look, and the time of that look. */
  #held = 0;
  #lookedAt = 0;
  #wait = SHORTEST_WAIT;
  #stillLooks = 0;
  /** True if the buffer got one more write although it had not moved for long. */
  #wasDoubted = false;

  constructor(socket: WebSocketLike, options: SocketBufferOptions, onRoom: () => void) {
    const { clock, budget } = options;
    this.#socket = socket;
    this.#clock = clock;
    this.#onRoom = onRoom;
    this.#budget = Math.min(budget, USUAL_BUDGET);
    this.#allowed = this.#budget / 4;
  }

  /** Waits for room after bytes were sent. `onRoom` is called once, possibly before this method returns. */
  awaitRoom(): void {
    this.#wait = SHORTEST_WAIT;
    this.#stillLooks = 0;
    this.#held = this.#level;
    this.#isAwaited = true;
    if (this.#held <= this.#allowed) this.#giveRoom();
    else this.#setTimer();
  }

  /**
   * Calls `onRoom` if room was awaited and there is some. The owner calls this after an event that may have made room.
   */
  look(): void {
    if (this.#isAwaited && this.#level <= this.#allowed) this.#giveRoom();
  }

  /** Stops waiting for room. */
  stop(): void {
    this.#isAwaited = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #level(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  #setTimer(): void {
    this.#lookedAt = this.#clock.now();
    this.#timer = this.#clock.setTimer(() => this.#timerFired(), this.#wait);
  }

  #timerFired(): void {
    this.#timer = undefined;
    this.#adapt(this.#level);
    // While a page is frozen, Chromium does not update the number of waiting bytes when bytes leave, but only at the
    // next send. So we send once more. If the buffer was really full, one write too many waits, and no more writes
    // follow until the buffer has moved.
    const isDoubtful = this.#stillLooks === MOST_STILL_LOOKS && !this.#wasDoubted;
    if (this.#held <= this.#allowed || isDoubtful) this.#giveRoom(isDoubtful);
    else this.#setTimer();
  }

  #giveRoom(isDoubtful = false): void {
    this.stop();
    this.#wasDoubted = isDoubtful;
    this.#onRoom();
  }

  /**
   * Changes the limit according to the bytes that have left since the last look. If the buffer is empty, the limit was
   * too low. Otherwise it may be too high.
   */
  #adapt(held: number): void {
    const left = this.#held - held;
    const most = this.#budget * (this.#clock.now() - this.#lookedAt < LATE ? 2 : 16);
    const allowed =
      held === 0
        ? 2 * this.#allowed
        : Math.max(Math.min(this.#allowed, 2 * left), 0.875 * this.#allowed, this.#budget / 4);
    this.#allowed = Math.min(allowed, most);
    this.#held = held;
    if (left > 0) {
      this.#wait = SHORTEST_WAIT;
      this.#stillLooks = 0;
      this.#wasDoubted = false;
    } else {
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
      this.#stillLooks++;
    }
  }
}
