// An application's use of a stream as a pair of Web Streams in the fuzzer.

import type { Stream } from "@muxado/core";
import { contentOf } from "./content.ts";
import { Reason } from "./promises.ts";
import type { Stage } from "./stage.ts";

/** The owner's knowledge about the bytes of the stream. */
export interface WebBytes {
  /** Returns the place of the next `length` bytes that are written. */
  place(length: number): number;
  /** The bytes that are written now have a place that nobody knows. */
  untidy(): void;
  /** Writing is closed, or will be. */
  closes(): void;
  /** Reads begin whose order nobody knows. */
  reads(): void;
}

/** The Web Streams of one stream. */
export class WebActor {
  readonly #stage: Stage;
  readonly #stream: Stream;
  readonly #bytes: WebBytes;
  #reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #isWriterClosed = false;
  /** Reads under way. */
  #reads = 0;

  constructor(stage: Stage, stream: Stream, bytes: WebBytes) {
    this.#stage = stage;
    this.#stream = stream;
    this.#bytes = bytes;
  }

  /** Does one thing. */
  act(): void {
    const { random } = this.#stage;
    const choice = random.below(20);
    if (choice < 9) this.#read();
    else if (choice < 10) this.#cancel();
    else if (choice < 11) this.#release();
    else if (choice < 17) this.#write();
    else if (choice < 19) this.#closeWriter();
    else this.#abortWriter();
  }

  #read(): void {
    const { promises, random } = this.#stage;
    this.#bytes.reads();
    this.#command("reads", () => {
      const reader = (this.#reader ??= random.oneIn(2)
        ? this.#handled(this.#stream.readable.getReader())
        : this.#handled(this.#stream.readable.getReader({ mode: "byob" })));
      const promise =
        reader instanceof ReadableStreamBYOBReader
          ? reader.read(new Uint8Array(random.between(1, 100)))
          : reader.read();
      this.#reads++;
      const settled = (): void => void this.#reads--;
      promises.follow("web read", this.#stream.id, promise, settled, settled);
    });
  }

  #cancel(): void {
    this.#command("cancels", () => {
      const promise = (this.#reader ?? this.#stream.readable).cancel(new Reason("cancelled"));
      this.#stage.promises.follow("web cancel", this.#stream.id, promise, () => {});
    });
  }

  #release(): void {
    // If the reader of a byte stream leaves with a read under way, before the stream has started, no other reader is
    // served. This follows the standard, with any source.
    if (this.#reads > 0) return;
    this.#command("releases its lock", () => this.#reader?.releaseLock());
    this.#reader = undefined;
  }

  #write(): void {
    const { promises, random } = this.#stage;
    // While a close is under way, Node 20's `write` throws an assertion that has failed.
    if (this.#isWriterClosed) return;
    const length = random.oneIn(10) ? random.below(9000) : random.between(1, 300);
    // Writes of the stream itself may overtake writes that wait before the sink.
    this.#bytes.untidy();
    this.#command(`writes ${length}`, () => {
      const content = contentOf(this.#stream.id, this.#bytes.place(length), length);
      promises.follow("web write", this.#stream.id, this.#openWriter().write(content), () => {});
    });
  }

  #closeWriter(): void {
    this.#isWriterClosed = true;
    this.#bytes.closes();
    this.#command("closes its writer", () => {
      this.#stage.promises.follow(
        "web close",
        this.#stream.id,
        this.#openWriter().close(),
        () => {},
      );
    });
  }

  #abortWriter(): void {
    this.#command("aborts its writer", () => {
      this.#bytes.closes();
      const promise = this.#openWriter().abort(new Reason("abandoned"));
      this.#stage.promises.follow("web abort", this.#stream.id, promise, () => {});
    });
  }

  #openWriter(): WritableStreamDefaultWriter<Uint8Array> {
    if (this.#writer === undefined) {
      const writer = this.#stream.writable.getWriter();
      // The platform's own promises. It expects that they are handled.
      writer.closed.catch(ignore);
      writer.ready.catch(ignore);
      this.#writer = writer;
    }
    return this.#writer;
  }

  #handled<R extends { readonly closed: Promise<void> }>(reader: R): R {
    reader.closed.catch(ignore);
    return reader;
  }

  #command(what: string, run: () => void): void {
    this.#stage.command(`${this.#stream.id} (web) ${what}`, run, true);
  }
}

function ignore(): void {}
