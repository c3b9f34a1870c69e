// What waits in a WebSocket's own buffer, and when there is room for more. A socket of `ws` tells when something has
// left. A standard one only says how much waits: it is looked at by a timer, which runs only while room is waited for.

import type { Clock, Timer } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";

/** Bytes that a session lets be under way, unless told otherwise: the default of `transportBudget`. */
const USUAL_BUDGET = 256 * 1024;

/** Milliseconds until the first look at a buffer that is fuller; browsers wait as long for any nested timer. */
const SHORTEST_WAIT = 4;

/** Milliseconds between two looks at a buffer that does not move. */
const LONGEST_WAIT = 64;

/** Milliseconds from which on a look comes late: timers of a page in the background fire once a second. */
const LATE = 500;

/** Looks at a buffer that does not move until its word is doubted: about a second. */
const MOST_STILL_LOOKS = 16;

/** What there is to know about a socket, and about the session on it. */
export interface SocketBufferOptions {
  readonly clock: Clock;
  /** The session's `transportBudget`. */
  readonly budget?: number | undefined;
  /** Whether somebody looks each time that something has left, so that no timer has to. */
  readonly tells: boolean;
}

/**
 * The buffer of one socket.
 *
 * What is in there can no longer be overtaken, so little is better, as long as it does not run dry until the next look.
 * A quarter of the session's budget is allowed at first and at least. Lines that are faster get up to twice the budget;
 * where looks come late, sixteen times.
 */
export class SocketBuffer {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  readonly #budget: number;
  readonly #tells: boolean;
  #isAwaited = false;
  #timer: Timer | undefined;
  /** Bytes in the buffer up to which there is room. */
  #allowed: number;
  /** What the buffer held at the last look, and when that was. */
  #held = 0;
  #lookedAt = 0;
  #wait = SHORTEST_WAIT;
  #stillLooks = 0;
  /** The buffer has not moved for long, and has got one more write. */
  #wasDoubted = false;

  constructor(socket: WebSocketLike, options: SocketBufferOptions, onRoom: () => void) {
    const { clock, budget = USUAL_BUDGET, tells } = options;
    this.#socket = socket;
    this.#clock = clock;
    this.#onRoom = onRoom;
    this.#tells = tells;
    this.#budget = Math.min(budget, USUAL_BUDGET);
    // One that tells is given the next write while the one before leaves, and never needs more.
    this.#allowed = tells ? this.#budget : this.#budget / 4;
  }

  /** Waits for room, after something was sent: `onRoom` is called once, perhaps at once. */
  awaitRoom(): void {
    this.#wait = SHORTEST_WAIT;
    this.#stillLooks = 0;
    this.#held = this.#level;
    this.#isAwaited = true;
    if (this.#held <= this.#allowed) this.#giveRoom();
    else if (!this.#tells) this.#setTimer();
  }

  /** Something has happened after which there may be room. */
  look(): void {
    if (this.#isAwaited && this.#level <= this.#allowed) this.#giveRoom();
  }

  /** Room is waited for no more. */
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
    // Chromium forgets to count down for what leaves while a page is frozen, until something more is sent. If that was
    // not it, one write too many waits, and no more until the buffer has moved.
    const isDoubtful = this.#stillLooks === MOST_STILL_LOOKS && !this.#wasDoubted;
    if (this.#held <= this.#allowed || isDoubtful) this.#giveRoom(isDoubtful);
    else this.#setTimer();
  }

  #giveRoom(isDoubtful = false): void {
    this.stop();
    this.#wasDoubted = isDoubtful;
    this.#onRoom();
  }

  /** Learns from what has left since the last look: a buffer that ran dry was too small, and else it is soon too large. */
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
