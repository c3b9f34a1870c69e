// The bytes that wait in a WebSocket's own buffer, and when there is room for more. A socket of `ws` tells when bytes
// have left. A standard one only has the number of bytes that wait. A timer looks at that number, but only while the
// transport waits for room.

import type { Clock, Timer } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";

/** Bytes that a session lets be under way, unless told otherwise: the default of `transportBudget`. */
const USUAL_BUDGET = 256 * 1024;

/** Milliseconds until the first look at a buffer without room. Browsers wait at least as long for any nested timer. */
const SHORTEST_WAIT = 4;

/** Milliseconds between two looks at a buffer that does not move. */
const LONGEST_WAIT = 64;

/** Milliseconds after which a look counts as late: timers of a page in the background fire once a second. */
const LATE = 500;

/** Looks at a buffer that does not move before we doubt its level: about a second. */
const MOST_STILL_LOOKS = 16;

/** Facts about a socket, and about the session on it. */
export interface SocketBufferOptions {
  readonly clock: Clock;
  /** The session's `transportBudget`. */
  readonly budget?: number | undefined;
  /** Whether the socket tells each time that bytes have left. Then the buffer needs no timer. */
  readonly tells: boolean;
}

/**
 * The buffer of one socket.
 *
 * An urgent write cannot overtake the bytes in this buffer. So the buffer should hold few bytes, but it must not run
 * dry before the next look. At first it may hold a quarter of the session's budget, and never less. On a faster line it
 * may hold up to twice the budget; where looks come late, up to sixteen times.
 */
export class SocketBuffer {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  readonly #budget: number;
  readonly #tells: boolean;
  #isAwaited = false;
  #timer: Timer | undefined;
  /** There is room as long as the buffer holds at most this many bytes. */
  #allowed: number;
  /** The bytes in the buffer at the last look, and the time of that look. */
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
    // A socket that tells gets the next write while the last one leaves, and never needs more.
    this.#allowed = tells ? this.#budget : this.#budget / 4;
  }

  /** Waits for room, after something was sent. `onRoom` is called once, possibly at once. */
  awaitRoom(): void {
    this.#wait = SHORTEST_WAIT;
    this.#stillLooks = 0;
    this.#held = this.#level;
    this.#isAwaited = true;
    if (this.#held <= this.#allowed) this.#giveRoom();
    else if (!this.#tells) this.#setTimer();
  }

  /** The owner calls this after an event that may have made room. */
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
    // While a page is frozen, Chromium does not subtract bytes that leave; it does so only when more is sent. If this
    // is not the case here, one write too many waits, and no more follow until the buffer has moved.
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
   * Learns from the bytes that have left since the last look. A buffer that ran dry was too small; any other may be too
   * large.
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
