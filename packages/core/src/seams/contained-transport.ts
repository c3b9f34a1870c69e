// Protects a session from faults of its transport, which other code provides. A fault ends the session with
// TRANSPORT_FAILED and a cause, and has no other effect.

import { type Clock, LONGEST_DELAY, type Timer } from "../base/clock.ts";
import type { MuxadoError } from "../base/errors.ts";
import type { Transport, TransportInput } from "./transport.ts";

/** A transport that passes all calls on to another transport, and checks that this one keeps its contract. */
export class ContainedTransport implements Transport, TransportInput {
  readonly #carrier: Transport;
  readonly #clock: Clock;
  readonly #timeout: number;
  #input!: TransportInput;
  #isWriting = false;
  /** The number of writes that were begun. */
  #writes = 0;
  /** The timer of a write that is not done at once. It stays set until it fires, even if the write is done earlier. */
  #timer: Timer | undefined;
  #isDestroyed = false;

  /**
   * @param timeout milliseconds that a write may take. A slow write is noticed after this time, or at most twice this
   * time.
   */
  constructor(carrier: Transport, clock: Clock, timeout: number) {
    this.#carrier = carrier;
    this.#clock = clock;
    this.#timeout = timeout;
  }

  start(input: TransportInput): void {
    this.#input = input;
    this.#carrier.start(this);
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#isWriting = true;
    this.#writes++;
    try {
      this.#carrier.write(chunks);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#isWriting && this.#timer === undefined) this.#watch();
  }

  end(error?: MuxadoError): void {
    this.#attempt(() => this.#carrier.end(error));
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#attempt(() => this.#carrier.destroy());
  }

  receive(chunk: Uint8Array): boolean {
    return this.#input.receive(chunk);
  }

  written(): void {
    if (this.#isWriting) {
      this.#isWriting = false;
      this.#input.written();
    } else {
      this.#fail(new Error("the transport has confirmed a write that was not under way"));
    }
  }

  ended(error?: unknown): void {
    this.#input.ended(error);
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reports a fault. After the transport was given up, its faults do not matter. */
  #fail(error: unknown): void {
    if (!this.#isDestroyed)
      this.#input.ended(error ?? new Error("the transport threw undefined or null"));
  }

  /**
   * Sets one timer for all writes, if none is set. A timer for each write would cost more than most writes, and each
   * call makes the memory of a closure.
   */
  #watch(): void {
    if (this.#timeout === Infinity || this.#isDestroyed) return;
    const writes = this.#writes;
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        if (!this.#isWriting) return;
        if (this.#writes !== writes) return this.#watch();
        const detail = `the transport has not confirmed a write for ${this.#timeout} ms`;
        this.#fail(new Error(detail));
      },
      Math.min(this.#timeout, LONGEST_DELAY),
    );
  }
}
