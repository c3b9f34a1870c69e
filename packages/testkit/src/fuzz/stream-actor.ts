// An application's use of one stream in the fuzzer: anything that the public interface allows, in any order.

import type { Stream } from "@muxado/core";
import type { StreamAccount } from "./accounts.ts";
import { contentOf } from "./content.ts";
import { Reading } from "./reading.ts";
import type { Stage } from "./stage.ts";
import { WebActor } from "./web-actor.ts";

const RESET_CODES = ["STREAM_CANCELLED", "INTERNAL_ERROR", "ACCEPT_QUEUE_FULL", 77] as const;

/** One stream in the hands of an application. */
export class StreamActor {
  readonly stream: Stream;
  readonly #stage: Stage;
  readonly #account: StreamAccount;
  readonly #web: WebActor | undefined;
  /** Acts on any stream or session, from inside a callback. */
  readonly #actAnywhere: () => void;
  /** Bytes that were written. */
  #written = 0;
  /** True while an offer is under way. Its end is not known, so writes inside it have an unknown place. */
  #offering = false;
  readonly #reading: Reading;
  #isObserved = false;
  /** True if `take` had nothing while there was an observer that has not been told since to try again. */
  #waitsToRead = false;
  /** True if the same happened to `offer`, which had no room. */
  #waitsToWrite = false;
  /** True if writing is closed, or will be: nobody waits for room any more. A trace may close it inside an offer. */
  #isClosing = false;

  constructor(stage: Stage, stream: Stream, actAnywhere: () => void) {
    this.#stage = stage;
    this.stream = stream;
    this.#account = stage.accounts.of(stream.id);
    this.#reading = new Reading(this.#account, stage.faults);
    this.#actAnywhere = actAnywhere;
    if (stage.weather.web && stage.random.oneIn(3)) {
      this.#web = new WebActor(stage, stream, {
        place: (length) => this.#place(length),
        untidy: () => this.#untidy(),
        closes: () => (this.#isClosing = true),
        reads: () => (this.#account.readsInOrder = false),
      });
    }
  }

  /** Does one thing. */
  act(): void {
    const { random } = this.#stage;
    if (this.#web !== undefined && random.oneIn(2)) return this.#web.act();
    const choice = random.below(100);
    if (choice < 22) this.#write();
    else if (choice < 32) this.#offer();
    else if (choice < 45) this.#read();
    else if (choice < 57) this.#take(this.#limit());
    else if (choice < 63) this.#iterate();
    else if (choice < 71) this.#observe();
    else if (choice < 79) this.#closeWrite();
    else if (choice < 84) this.#close();
    else if (choice < 87) this.#reset();
    else if (choice < 88) this.#refuse();
    else if (choice < 90) this.#unref();
    else if (choice < 94) this.#prioritize();
    else this.#look();
  }

  /** Reads the rest, without waiting. */
  drain(): void {
    for (let most = 10_000; most > 0; most--) {
      let chunk: Uint8Array | null | undefined;
      const read = this.#reading.begin();
      this.#stage.command(`${this.stream.id} takes what is left`, () => {
        chunk = this.stream.take();
      });
      this.#reading.done(read, chunk);
      if (!chunk) return;
    }
  }

  /** An observer must have been told of everything there is to take, and of an error while it waits for room. */
  checkTold(): void {
    const { stream } = this;
    if (this.#waitsToRead) {
      this.#take(undefined);
      if (!this.#waitsToRead)
        this.#stage.faults.add("observer: not told that he may read", `${stream.id}`);
    }
    if (this.#waitsToWrite && !this.#isClosing && stream.error !== undefined) {
      this.#waitsToWrite = false;
      this.#stage.faults.add(
        "observer: not told of the error when he waits to write",
        `${stream.id}`,
      );
    }
  }

  #write(): void {
    const { random, promises } = this.#stage;
    const length = this.#length();
    const signal = this.#stage.signal(6);
    if (signal !== undefined) this.#untidy();
    this.#stage.command(`${this.stream.id} writes ${length}`, () => {
      const hasEnded = this.stream.error !== undefined;
      const content = contentOf(this.stream.id, hasEnded ? 0 : this.#place(length), length);
      const promise = this.stream.write(content, { signal });
      promises.follow(
        "write",
        this.stream.id,
        promise,
        random.oneIn(4) ? () => this.#continue("a write") : undefined,
      );
    });
  }

  #offer(): void {
    const length = this.#length();
    this.#stage.command(`${this.stream.id} offers ${length}`, () => {
      if (this.#offering) this.#untidy();
      this.#offering = true;
      const content = contentOf(this.stream.id, this.#written, length);
      try {
        this.#waitsToWrite = false;
        const taken = this.stream.offer(content);
        this.#waitsToWrite = taken < length && this.#isObserved && this.stream.error === undefined;
        this.#written += taken;
        if (!(taken >= 0 && taken <= length)) {
          this.#stage.faults.add("offer: has taken more than there was", `${taken} of ${length}`);
        }
      } finally {
        this.#offering = false;
      }
    });
  }

  #read(): void {
    const { promises } = this.#stage;
    const signal = this.#stage.signal(6);
    this.#stage.command(`${this.stream.id} reads`, () => {
      const promise = this.stream.read({ signal });
      const read = this.#reading.begin();
      promises.follow(
        "read",
        this.stream.id,
        promise,
        (chunk) => {
          this.#reading.done(read, chunk);
          this.#continue("a read");
        },
        () => this.#reading.done(read, undefined),
      );
    });
  }

  #iterate(): void {
    const { promises } = this.#stage;
    this.#stage.command(`${this.stream.id} iterates`, () => {
      const promise = this.stream[Symbol.asyncIterator]().next();
      const read = this.#reading.begin();
      promises.follow(
        "iteration",
        this.stream.id,
        promise,
        (step) => {
          this.#reading.done(read, step.done ? null : step.value);
          this.#continue("an iteration");
        },
        () => this.#reading.done(read, undefined),
      );
    });
  }

  #take(limit: number | undefined): void {
    this.#stage.command(`${this.stream.id} takes ${limit ?? ""}`, () => {
      this.#waitsToRead = false;
      const chunk = this.stream.take(limit);
      this.#waitsToRead = chunk === undefined && this.#isObserved;
      this.#reading.done(this.#reading.begin(), chunk);
      if (chunk && limit !== undefined && chunk.length > limit) {
        this.#stage.faults.add("take: more than the limit");
      }
    });
  }

  #observe(): void {
    const { random } = this.#stage;
    if (this.#isObserved) {
      if (random.oneIn(2)) return;
      this.#stage.command(`${this.stream.id} observes no more`, () =>
        this.stream.observe(undefined),
      );
      this.#isObserved = this.#waitsToRead = this.#waitsToWrite = false;
      return;
    }
    this.#stage.command(
      `${this.stream.id} observes`,
      () => {
        this.stream.observe({
          onReadable: () => this.#inObserver("onReadable"),
          onWritable: () => this.#inObserver("onWritable"),
        });
        this.#isObserved = true;
      },
      // There may be an observer already: a Web Stream.
      true,
    );
  }

  #limit(): number | undefined {
    const { random } = this.#stage;
    return random.oneIn(3) ? random.between(1, 200) : undefined;
  }

  #inObserver(event: "onReadable" | "onWritable"): void {
    if (event === "onReadable") this.#waitsToRead = false;
    else this.#waitsToWrite = false;
    this.#stage.inCallback(`${event} of ${this.stream.id}`, 0.7, () => {
      const { random } = this.#stage;
      const choice = random.below(9);
      if (choice < 3) this.#actAnywhere();
      else if (choice < 5) this.act();
      else if (event === "onReadable") this.#take(this.#limit());
      else this.#offer();
    });
  }

  #closeWrite(): void {
    const signal = this.#stage.signal(8);
    this.#isClosing = true;
    this.#stage.command(`${this.stream.id} closes its writing`, () => {
      this.#stage.promises.follow("closeWrite", this.stream.id, this.stream.closeWrite({ signal }));
    });
  }

  #close(): void {
    const signal = this.#stage.signal(8);
    this.#isClosing = true;
    this.#stage.command(`${this.stream.id} closes`, () => {
      this.#stage.promises.follow("close", this.stream.id, this.stream.close({ signal }));
    });
  }

  #reset(): void {
    const code = this.#stage.random.pick(RESET_CODES);
    this.#stage.command(`${this.stream.id} resets ${code}`, () => this.stream.reset(code));
  }

  #refuse(): void {
    this.#stage.command(`${this.stream.id} refuses`, () => this.stream.refuse());
  }

  #unref(): void {
    this.#stage.command(`${this.stream.id} unrefs`, () => this.stream.unref());
  }

  #prioritize(): void {
    const { random } = this.#stage;
    const priority = { urgency: random.below(8), weight: random.between(1, 256) };
    this.#stage.command(`${this.stream.id} has another priority`, () => {
      this.stream.priority = priority;
    });
  }

  #look(): void {
    this.#stage.command(`${this.stream.id} looks`, () => {
      const { bytesUnread, bytesUnsent, credit, writeBlockedFor } = this.stream.stats();
      if (Math.min(bytesUnread, bytesUnsent, credit, writeBlockedFor) < 0) {
        this.#stage.faults.add(
          "negative counters of a stream",
          JSON.stringify(this.stream.stats()),
        );
      }
    });
  }

  /** Returns the place of the next `length` bytes. */
  #place(length: number): number {
    if (this.#offering) this.#untidy();
    const place = this.#written;
    this.#written += length;
    return place;
  }

  #untidy(): void {
    this.#account.isTidy = false;
  }

  #continue(what: string): void {
    const { random } = this.#stage;
    if (!random.oneIn(3)) return;
    this.#stage.log?.(`behind ${what} of ${this.stream.id}:`);
    if (random.oneIn(2)) this.act();
    else this.#actAnywhere();
  }

  #length(): number {
    const { random, weather } = this.#stage;
    const choice = random.below(30);
    if (choice === 0) return weather.wire.initialWindow * random.between(1, 2);
    if (choice === 1) return 0;
    if (choice < 5) return random.below(9000);
    return random.below(choice < 15 ? 10 : 300);
  }
}
