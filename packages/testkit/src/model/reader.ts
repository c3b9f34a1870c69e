// How an application of a schedule reads: from time to time, as fast as it can, twice at once, or by taking; and each
// time as chunks or into its own memory.

import type { Stage } from "./stage.ts";
import type { End } from "./stream-model.ts";

/** Fills memory that a reader brings. */
const UNTOUCHED = 0xcc;

/** Reads on any end, and checks the bytes with the model. */
export class Reader {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  read(end: End, abortable: boolean): void {
    if (end.observing || end.sawEnd || end.failed) return;
    const controller = abortable ? new AbortController() : undefined;
    if (controller !== undefined) this.#stage.addAbort(() => controller.abort("read aborted"));
    // Its result may be on the way already. Then this read is the first one, as far as the stream knows.
    const another = end.reads > 0;
    end.reads++;
    end.pending++;
    const options = { signal: controller?.signal };
    const view = this.#ownMemory();
    const reading: Promise<Uint8Array | number | null> =
      view === undefined ? end.stream!.read(options) : end.stream!.readInto(view, options);
    reading.then(
      (result) => {
        end.reads--;
        end.pending--;
        const chunk = typeof result === "number" ? this.#contentOf(end, view!, result) : result;
        if (this.#received(end, chunk)) this.#readOn(end);
      },
      (error: unknown) => {
        end.reads--;
        end.pending--;
        const readTwice = another && (error as { code?: unknown }).code === "READ_PENDING";
        if (error === "read aborted" || readTwice) this.#readOn(end);
        else this.#readFailed(end, error);
      },
    );
  }

  #readOn(end: End): void {
    if (end.pumping && end.reads === 0) this.read(end, false);
  }

  pump(end: End): void {
    if (end.pumping) return;
    end.pumping = true;
    this.#readOn(end);
  }

  take(end: End): void {
    while (!end.sawEnd && !end.failed) {
      let chunk: Uint8Array | null | undefined;
      try {
        chunk = this.#takeOnce(end);
      } catch (error) {
        return this.#readFailed(end, error);
      }
      if (chunk === undefined || !this.#received(end, chunk)) return;
      if (end.closed || end.wasReset)
        this.#stage.report(end, "bytes after the application had closed");
    }
  }

  #takeOnce(end: End): Uint8Array | null | undefined {
    const view = this.#ownMemory();
    if (view === undefined) return end.stream!.take();
    const count = end.stream!.takeInto(view);
    return typeof count === "number" ? this.#contentOf(end, view, count) : count;
  }

  /** Returns memory for one read, often too small for it; undefined if the stream shall bring the memory. */
  #ownMemory(): Uint8Array | undefined {
    const { random } = this.#stage;
    if (!random.oneIn(3)) return undefined;
    return new Uint8Array(random.oneIn(2) ? random.between(1, 40) : 50_000).fill(UNTOUCHED);
  }

  #contentOf(end: End, view: Uint8Array, count: number): Uint8Array {
    if (count === 0) this.#stage.report(end, "a read of nothing");
    if (view.subarray(count).some((byte) => byte !== UNTOUCHED)) {
      this.#stage.report(end, "bytes in the reader's memory behind those that it was told of");
    }
    return view.subarray(0, count);
  }

  #received(end: End, chunk: Uint8Array | null): boolean {
    this.#stage.log(end, `reads ${chunk === null ? "the end" : chunk.length}`);
    this.#stage.report(end, chunk === null ? end.receiveEnd() : end.receive(chunk));
    // The application owns the chunk: nobody else may use it any more.
    chunk?.fill(0xdd);
    return chunk !== null;
  }

  #readFailed(end: End, error: unknown): void {
    end.failed = true;
    this.#stage.log(end, `read fails: ${String(error)}`);
    this.#stage.report(end, end.readFailed(error));
  }
}
