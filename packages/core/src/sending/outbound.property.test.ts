// Turns may end, continuations may run, and a transport may confirm, in any order. All output leaves once, in order, in
// writes that are never empty and never two at a time.

import { type Frame, FrameDecoder } from "@muxado/frame";
import fc from "fast-check";
import { expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import { muxado } from "../muxado-wire.ts";
import { Outbound } from "./outbound.ts";
import { TransportBudget } from "./transport-budget.ts";

const KIB = 1024;

type Step =
  | { readonly does: "put"; readonly length: number; readonly times: number }
  | { readonly does: "endTurn" | "confirm" }
  | { readonly does: "continue" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constant("put" as const),
    length: fc.constantFrom(1, 64, 900, 2 * KIB, 5 * KIB, 70 * KIB),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ does: fc.constantFrom("endTurn" as const, "confirm") }),
  fc.record({ does: fc.constant("continue" as const) }),
);

/** An outbound side. Its surroundings do only what the test tells them to do. */
class Bench {
  readonly #flushes: (() => void)[] = [];
  readonly #decoder = new FrameDecoder();
  readonly #confirmsAtOnce: boolean;
  readonly #outbound: Outbound;
  readonly sent: Frame[] = [];
  #put = 0;
  #isUnderWay = false;
  #writesInTurn = 0;

  constructor(confirmsAtOnce: boolean) {
    this.#confirmsAtOnce = confirmsAtOnce;
    const transport = {
      start: () => {},
      write: (chunks: Uint8Array[]) => this.#write(chunks),
      end: () => {},
      destroy: () => {},
    };
    const scheduleFlush = (flush: () => void): unknown => this.#flushes.push(flush);
    this.#outbound = new Outbound(
      transport,
      muxado,
      new TransportBudget(systemClock, 256 * KIB, true),
      scheduleFlush,
      () => false,
    );
  }

  /** The identifiers of the frames that were put make them different. */
  get expected(): number[] {
    return Array.from({ length: this.#put }, (_, index) => 2 * index + 3);
  }

  /** Head starts are microtasks, so they run only where this method waits. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.does === "continue") await Promise.resolve();
      else this.#do(step);
    }
  }

  #do(step: Exclude<Step, { readonly does: "continue" }>): void {
    switch (step.does) {
      case "put":
        for (let count = 0; count < step.times; count++) {
          const body = new Uint8Array(step.length);
          this.#outbound.putData(2 * this.#put++ + 3, 0, body, 0, body.length);
        }
        break;
      case "endTurn":
        for (const flush of this.#flushes.splice(0)) {
          this.#writesInTurn = 0;
          flush();
          this.#writesInTurn = 0;
        }
        break;
      case "confirm":
        if (this.#isUnderWay) this.#confirm();
    }
    expect(this.#flushes.length).toBeLessThanOrEqual(1);
  }

  /** Nothing more is put. */
  async drain(): Promise<void> {
    for (let count = 0; count < 5; count++) {
      await this.run([{ does: "confirm" }, { does: "endTurn" }, { does: "continue" }]);
    }
    expect(this.#outbound.unwritten).toBe(0);
    expect(this.#flushes).toHaveLength(0);
  }

  #write(chunks: Uint8Array[]): void {
    expect(this.#isUnderWay).toBe(false);
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(0);
    expect(++this.#writesInTurn).toBe(1);
    for (const chunk of chunks) this.sent.push(...this.#decoder.decode(chunk));
    this.#isUnderWay = true;
    if (this.#confirmsAtOnce) this.#confirm();
  }

  #confirm(): void {
    this.#isUnderWay = false;
    this.#outbound.written();
  }
}

it("each frame leaves once and in order, however turns, continuations and confirmations follow one another", () => {
  return fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(step, { maxLength: 40 }),
      async (confirmsAtOnce, steps) => {
        const bench = new Bench(confirmsAtOnce);
        await bench.run(steps);
        await bench.drain();
        expect(bench.sent.map((frame) => "streamId" in frame && frame.streamId)).toEqual(
          bench.expected,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});
