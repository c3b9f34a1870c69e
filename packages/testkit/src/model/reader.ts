// How an application of a schedule reads: from time to time, as fast as it can, twice at once, or by taking.

import type { Stage } from "./stage.ts";
import type { End } from "./stream-model.ts";

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
    end.stream!.read({ signal: controller?.signal }).then(
      (chunk) => {
        end.reads--;
        end.pending--;
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
        chunk = end.stream!.take();
      } catch (error) {
        return this.#readFailed(end, error);
      }
      if (chunk === undefined || !this.#received(end, chunk)) return;
      if (end.closed || end.wasReset)
        this.#stage.report(end, "bytes after the application had closed");
    }
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
