// How an application of a schedule writes: with promises, many at once, with offers, and with aborts.

import { ByteQueue, LONGEST_PIECE } from "./byte-queue.ts";
import type { Stage } from "./stage.ts";
import type { End } from "./stream-model.ts";

/** Writes on any end, and tells the model. */
export class Writer {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Mostly small, sometimes more than a window, or nothing. */
  size(): number {
    const random = this.#stage.random;
    const { maxWrite } = this.#stage.options;
    if (random.oneIn(10)) return random.oneIn(3) ? 0 : random.between(1, maxWrite);
    return random.between(1, random.oneIn(2) ? 100 : maxWrite >> 2);
  }

  /** Writes `size` bytes. With a controller, the write may be aborted later. */
  write(end: End, size: number, controller: AbortController | undefined): void {
    const stream = end.stream!;
    const [piece, bytes] = ByteQueue.draw(size, this.#stage.random.below(LONGEST_PIECE));
    if (!end.writeEnded && stream.error === undefined) end.written.push(piece);
    this.#stage.log(end, `write ${size}`);
    let settled = false;
    if (controller !== undefined) {
      this.#stage.addAbort(() => {
        if (settled) return;
        controller.abort("write aborted");
        end.written.cut(piece, end.side.ledger.account(stream.id).sent);
      });
    }
    end.pending++;
    stream.write(bytes, { signal: controller?.signal }).then(
      () => {
        settled = true;
        end.pending--;
        // The session has promised that it no longer needs the bytes.
        bytes.fill(0xee);
      },
      (error: unknown) => {
        settled = true;
        end.pending--;
        if (error !== "write aborted") this.#stage.report(end, end.writeFailed(error));
      },
    );
  }

  /** Writes so many small chunks that one turn fills more than one block of encoded frames. */
  burst(end: End): void {
    for (let times = this.#stage.random.below(40); times >= 0; times--) {
      this.write(end, this.#stage.random.between(1, 4096), undefined);
    }
  }

  /** Offers the remaining bytes, as many as are taken. */
  offer(end: End): void {
    while (end.toOffer > 0) {
      const length = Math.min(end.toOffer, LONGEST_PIECE);
      const [piece, bytes] = ByteQueue.draw(length, this.#stage.random.below(LONGEST_PIECE));
      try {
        piece.length = end.stream!.offer(bytes);
      } catch (error) {
        end.toOffer = 0;
        this.#stage.report(end, end.writeFailed(error));
        return;
      }
      this.#stage.log(end, `offer ${length}: ${piece.length} taken`);
      end.written.push(piece);
      end.toOffer -= piece.length;
      if (piece.length < length) return;
    }
    if (end.finishing) this.closeWrite(end);
  }

  closeWrite(end: End): void {
    const before = end.stream!.error;
    if (before === undefined) end.writeEnded = true;
    if (before === undefined && !end.finishing) end.toOffer = 0;
    this.#stage.log(end, "closeWrite");
    this.#stage.follow(end, end.stream!.closeWrite());
  }
}
