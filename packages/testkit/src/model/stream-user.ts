// An application's use of one stream in a schedule: it writes, reads, observes, closes and resets, from outside and
// from inside callbacks.

import { Reader } from "./reader.ts";
import type { Stage } from "./stage.ts";
import type { End } from "./stream-model.ts";
import { Writer } from "./writer.ts";

/** Uses any end. */
export class StreamUser {
  readonly #stage: Stage;
  readonly #actAnywhere: () => void;
  readonly #writer: Writer;
  readonly #reader: Reader;
  /** Callbacks that run inside each other. */
  #depth = 0;

  /** @param actAnywhere does something to any stream or session, from inside a callback */
  constructor(stage: Stage, actAnywhere: () => void) {
    this.#stage = stage;
    this.#actAnywhere = actAnywhere;
    this.#writer = new Writer(stage);
    this.#reader = new Reader(stage);
  }

  /** Does one thing. */
  actOn(end: End): void {
    const random = this.#stage.random;
    const choice = random.below(100);
    if (end.joined !== undefined) {
      if (choice < 4) this.#reset(end);
      return;
    }
    if (choice < 5 && this.#stage.options.bursts) this.#writer.burst(end);
    else if (choice < 35) this.#writer.write(end, this.#writer.size(), undefined);
    else if (choice < 45) this.#startOffering(end, this.#writer.size());
    else if (choice < 60) this.#reader.read(end, random.oneIn(8));
    else if (choice < 70) this.#reader.pump(end);
    else if (choice < 73) this.observe(end);
    else if (choice < 80) this.#writer.closeWrite(end);
    else if (choice < 84) this.#closeStream(end);
    else if (choice < 88) this.#reset(end);
    else this.#writer.write(end, this.#writer.size(), new AbortController());
  }

  /** Ends everything that has begun, and reads to the peer's end. */
  finish(end: End): void {
    if (end.joined !== undefined) return;
    end.finishing = true;
    if (this.#stage.random.oneIn(10)) this.#closeStream(end);
    else if (end.toOffer === 0 && !end.writeEnded) this.#writer.closeWrite(end);
    if (!end.observing) this.#reader.pump(end);
  }

  /** From now on it takes and offers when it is told to, unless it reads already. */
  observe(end: End): void {
    if (end.observing || end.reads > 0 || end.pumping || end.joined !== undefined) return;
    end.observing = true;
    end.stream!.observe({
      onReadable: () => this.#inCallback(end, () => this.#reader.take(end)),
      onWritable: () => this.#inCallback(end, () => this.#writer.offer(end)),
    });
    this.#reader.take(end);
  }

  /** Calls `reset` to end the stream, and finds out whether that ended it. */
  resetBy(end: End, reset: () => void): void {
    const before = end.stream!.error;
    // Calls to observers already depend on this.
    end.wasReset ||= before === undefined;
    this.#stage.log(end, "reset");
    reset();
    if (before === undefined && end.stream!.error === undefined) end.wasReset = false;
    end.toOffer = 0;
  }

  #startOffering(end: End, size: number): void {
    if (end.writeEnded) return;
    if (!end.observing) this.observe(end);
    if (!end.observing) return;
    end.toOffer += size;
    this.#writer.offer(end);
  }

  /** Every command is safe inside a callback, so from time to time one is called. */
  #inCallback(end: End, task: () => void): void {
    this.#depth++;
    task();
    if (this.#depth < 3 && !this.#stage.finishing && this.#stage.random.oneIn(4)) {
      if (this.#stage.random.oneIn(2)) this.actOn(end);
      else this.#actAnywhere();
    }
    this.#depth--;
  }

  #closeStream(end: End): void {
    if (end.stream!.error === undefined) end.closed = end.writeEnded = true;
    end.toOffer = 0;
    this.#stage.log(end, "close");
    this.#stage.follow(end, end.stream!.close());
  }

  #reset(end: End): void {
    this.resetBy(end, () =>
      end.stream!.reset(
        this.#stage.random.pick(["STREAM_CANCELLED", "INTERNAL_ERROR", 77] as const),
      ),
    );
  }
}
