// The two applications of a schedule: they open, write, read, abort, close and reset as chance will have it,
// from outside and from inside callbacks, and report whatever the model does not allow.

import type { Stream } from "@muxado/core";
import type { Link } from "../link.ts";
import type { Random } from "../random.ts";
import { ByteQueue, LONGEST_PIECE } from "./byte-queue.ts";
import type { Side } from "./side.ts";
import { type End, StreamModel } from "./stream-model.ts";

/** What an {@link Application} is told besides whom to play. */
export interface ApplicationOptions {
  /** The most bytes of one write. */
  readonly maxWrite: number;
  /** Whether applications write so much that sessions need more than one block for it. */
  readonly bursts: boolean;
  /** Whether sessions are closed or broken in the middle. */
  readonly storms: boolean;
  readonly report: (fault: string) => void;
  readonly log: ((line: string) => void) | undefined;
}

/** Most streams that one side opens in a schedule. */
const MOST_STREAMS = 6;

/** Plays both sides. */
export class Application {
  readonly #random: Random;
  readonly #link: Link;
  readonly #sides: readonly [Side, Side];
  readonly #options: ApplicationOptions;
  readonly #models: Map<number, StreamModel> = new Map();
  /** What can still be aborted. */
  readonly #aborts: (() => void)[] = [];
  #finishing = false;
  #stormed = false;
  #depth = 0;

  constructor(
    random: Random,
    link: Link,
    sides: readonly [Side, Side],
    options: ApplicationOptions,
  ) {
    this.#random = random;
    this.#link = link;
    this.#sides = sides;
    this.#options = options;
  }

  /** Does one thing. */
  act(): void {
    const random = this.#random;
    const side = random.pick(this.#sides);
    const choice = random.below(100);
    if (choice < 12) this.#open(side);
    else if (choice < 18) this.#accept(side);
    else if (choice < 24) this.#abortSomething();
    else if (choice < 26 && this.#options.storms) this.#storm(side);
    else if (side.ends.length > 0) this.#actOn(random.pick(side.ends));
    else this.#open(side);
  }

  /** From now on every application reads to the end, half-closes when it has offered all, and accepts. */
  finish(): void {
    this.#finishing = true;
    for (const side of this.#sides) {
      side.accepting = true;
      if (side.waitingAccepts === 0) this.#accept(side);
      for (const end of side.ends) this.#finish(end);
    }
  }

  /** Everything undisturbed has come to its end. */
  checkFinished(): void {
    for (const { opener, acceptor } of this.#models.values()) {
      const ends = [opener, acceptor].filter((end) => end.stream !== undefined);
      if (ends.some((end) => end.side.disturbed)) continue;
      for (const end of ends) {
        if (end.pending > 0) this.#report(end, `${end.pending} operations are stuck`);
        if (end.toOffer > 0) this.#report(end, `stuck with ${end.toOffer} bytes to offer`);
      }
      const { stream } = opener;
      if (stream!.error === undefined && acceptor.stream === undefined) {
        this.#report(opener, "neither accepted nor refused");
      }
      if (acceptor.stream === undefined || ends.some((end) => end.wasReset)) continue;
      for (const end of ends) {
        if (!end.sawEnd && !end.closed) this.#report(end, "has not read to the end");
      }
    }
  }

  /** Ends the sessions, by one side or by both. */
  closeSessions(): void {
    const random = this.#random;
    const first = random.pick(this.#sides);
    // A link that has stalled tells the other side nothing.
    const both = first.disturbed || random.oneIn(2);
    if (random.oneIn(20)) this.#destroy(first);
    else this.#close(first);
    if (both) this.#close(this.#peerOf(first));
  }

  // What it does to sessions.

  #open(side: Side): void {
    if (this.#finishing || side.session.stats().streamsOpened >= MOST_STREAMS) return;
    const controller = this.#random.oneIn(10) ? new AbortController() : undefined;
    let stream: Stream;
    try {
      stream = side.session.open({ signal: controller?.signal });
    } catch (error) {
      const fault = side.refused(error, this.#peerOf(side));
      if (fault !== undefined) this.#options.report(`${side.name}: ${fault}`);
      return;
    }
    const model = new StreamModel(stream, side, this.#peerOf(side));
    this.#models.set(stream.id, model);
    side.ends.push(model.opener);
    this.#log(model.opener, "open");
    if (controller !== undefined) {
      const abort = (): void => controller.abort("stream aborted");
      this.#aborts.push(() => this.#resetBy(model.opener, abort));
    }
    if (this.#random.oneIn(3)) this.#observe(model.opener);
  }

  #accept(side: Side): void {
    if (side.waitingAccepts > 3) return;
    const controller =
      !this.#finishing && this.#random.oneIn(10) ? new AbortController() : undefined;
    side.waitingAccepts++;
    if (controller !== undefined) this.#aborts.push(() => controller.abort("accept aborted"));
    side.session.accept({ signal: controller?.signal }).then(
      (stream) => {
        side.waitingAccepts--;
        this.#accepted(side, stream);
        if (side.accepting) this.#accept(side);
      },
      (error: unknown) => {
        side.waitingAccepts--;
        if (error === "accept aborted") {
          if (side.accepting && side.waitingAccepts === 0) this.#accept(side);
          return;
        }
        const fault = side.refused(error, this.#peerOf(side));
        if (fault !== undefined) this.#options.report(`${side.name}: ${fault}`);
      },
    );
  }

  #accepted(side: Side, stream: Stream): void {
    const model = this.#models.get(stream.id);
    if (model === undefined || model.acceptor.side !== side) {
      this.#options.report(`${side.name} accepted stream ${stream.id}, which nobody opened`);
      return;
    }
    const end = model.acceptor;
    if (end.stream !== undefined) this.#report(end, "accepted twice");
    if (model.safeToRetry) this.#report(end, "accepted, but the opener may retry it safely");
    end.stream = stream;
    side.ends.push(end);
    this.#log(end, "accepted");
    if (this.#random.oneIn(3)) this.#observe(end);
    if (this.#finishing) this.#finish(end);
  }

  #storm(side: Side): void {
    const random = this.#random;
    if (this.#stormed && !random.oneIn(4)) return;
    this.#stormed = true;
    switch (random.below(6)) {
      case 0:
      case 1:
        return this.#goAway(side);
      case 2:
      case 3:
        return this.#close(side, random.oneIn(4) ? random.below(30) : undefined);
      case 4:
        return this.#destroy(side);
      default:
        return this.#break(side);
    }
  }

  #goAway(side: Side): void {
    if (side.end !== undefined) return;
    this.#options.log?.(`${side.name} goes away`);
    side.refuses = true;
    side.session.goAway("NO_ERROR", "bye");
  }

  #close(side: Side, timeout?: number): void {
    this.#options.log?.(`${side.name} closes, timeout ${timeout}`);
    side.refuses = true;
    if (timeout !== undefined) this.#disturb();
    const wait = timeout === undefined ? {} : { timeout };
    side.session.close(wait).catch((error: unknown) => {
      this.#options.report(`${side.name}: close failed with ${String(error)}`);
    });
  }

  #destroy(side: Side): void {
    this.#options.log?.(`${side.name} is destroyed`);
    this.#disturb();
    side.session.destroy(this.#random.oneIn(2) ? new Error("for a reason") : undefined);
  }

  #break(side: Side): void {
    const random = this.#random;
    this.#disturb();
    const kind = random.pick(["end", "fail", "stall", "cut"] as const);
    this.#options.log?.(`the link breaks at the ${side.name}: ${kind}`);
    if (kind === "cut") {
      this.#link[side.name].fail();
    } else {
      const { delivered } = this.#link[side.name === "client" ? "server" : "client"].outbound;
      this.#link.breakAfter(side.name, delivered + random.below(200), kind);
    }
  }

  // What it does to streams.

  #actOn(end: End): void {
    const random = this.#random;
    const choice = random.below(100);
    if (choice < 5 && this.#options.bursts) this.#burst(end);
    else if (choice < 35) this.#write(end, this.#size(), undefined);
    else if (choice < 45) this.#startOffering(end, this.#size());
    else if (choice < 60) this.#read(end, random.oneIn(8));
    else if (choice < 70) this.#pump(end);
    else if (choice < 73) this.#observe(end);
    else if (choice < 80) this.#closeWrite(end);
    else if (choice < 84) this.#closeStream(end);
    else if (choice < 88) this.#reset(end);
    else this.#write(end, this.#size(), new AbortController());
  }

  #size(): number {
    const random = this.#random;
    const { maxWrite } = this.#options;
    if (random.oneIn(10)) return random.oneIn(3) ? 0 : random.between(1, maxWrite);
    return random.between(1, random.oneIn(2) ? 100 : maxWrite >> 2);
  }

  /** So many small writes that one turn fills more than one block of encoded frames. */
  #burst(end: End): void {
    for (let times = this.#random.below(40); times >= 0; times--) {
      this.#write(end, this.#random.between(1, 4096), undefined);
    }
  }

  #write(end: End, size: number, controller: AbortController | undefined): void {
    const stream = end.stream!;
    const [piece, bytes] = ByteQueue.draw(size, this.#random.below(LONGEST_PIECE));
    if (!end.writeEnded && stream.error === undefined) end.written.push(piece);
    this.#log(end, `write ${size}`);
    let settled = false;
    if (controller !== undefined) {
      this.#aborts.push(() => {
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
        // The session has promised that it is done with them.
        bytes.fill(0xee);
      },
      (error: unknown) => {
        settled = true;
        end.pending--;
        if (error !== "write aborted") this.#report(end, end.writeFailed(error));
      },
    );
  }

  #startOffering(end: End, size: number): void {
    if (end.writeEnded) return;
    if (!end.observing) this.#observe(end);
    if (!end.observing) return;
    end.toOffer += size;
    this.#offer(end);
  }

  #offer(end: End): void {
    while (end.toOffer > 0) {
      const length = Math.min(end.toOffer, LONGEST_PIECE);
      const [piece, bytes] = ByteQueue.draw(length, this.#random.below(LONGEST_PIECE));
      try {
        piece.length = end.stream!.offer(bytes);
      } catch (error) {
        end.toOffer = 0;
        this.#report(end, end.writeFailed(error));
        return;
      }
      this.#log(end, `offer ${length}: ${piece.length} taken`);
      end.written.push(piece);
      end.toOffer -= piece.length;
      if (piece.length < length) return;
    }
    if (end.finishing) this.#closeWrite(end);
  }

  #read(end: End, abortable: boolean): void {
    if (end.observing || end.sawEnd || end.failed) return;
    const controller = abortable ? new AbortController() : undefined;
    if (controller !== undefined) this.#aborts.push(() => controller.abort("read aborted"));
    // Its result may be on the way already: then this read is the first, as far as the stream knows.
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
    if (end.pumping && end.reads === 0) this.#read(end, false);
  }

  #pump(end: End): void {
    if (end.pumping) return;
    end.pumping = true;
    this.#readOn(end);
  }

  #observe(end: End): void {
    if (end.observing || end.reads > 0 || end.pumping) return;
    end.observing = true;
    end.stream!.observe({
      onReadable: () => this.#inCallback(end, () => this.#take(end)),
      onWritable: () => this.#inCallback(end, () => this.#offer(end)),
    });
    this.#take(end);
  }

  #take(end: End): void {
    while (!end.sawEnd && !end.failed) {
      let chunk: Uint8Array | null | undefined;
      try {
        chunk = end.stream!.take();
      } catch (error) {
        return this.#readFailed(end, error);
      }
      if (chunk === undefined || !this.#received(end, chunk)) return;
      if (end.closed || end.wasReset) this.#report(end, "bytes after the application had closed");
    }
  }

  /** Every command is safe inside a callback, so now and then one is given. */
  #inCallback(end: End, task: () => void): void {
    this.#depth++;
    task();
    if (this.#depth < 3 && !this.#finishing && this.#random.oneIn(4)) {
      if (this.#random.oneIn(2)) this.#actOn(end);
      else this.act();
    }
    this.#depth--;
  }

  #received(end: End, chunk: Uint8Array | null): boolean {
    this.#log(end, `reads ${chunk === null ? "the end" : chunk.length}`);
    this.#report(end, chunk === null ? end.receiveEnd() : end.receive(chunk));
    // The chunk is ours: nobody else may look into it any more.
    chunk?.fill(0xdd);
    return chunk !== null;
  }

  #readFailed(end: End, error: unknown): void {
    end.failed = true;
    this.#log(end, `read fails: ${String(error)}`);
    this.#report(end, end.readFailed(error));
  }

  #closeWrite(end: End): void {
    const before = end.stream!.error;
    if (before === undefined) end.writeEnded = true;
    if (before === undefined && !end.finishing) end.toOffer = 0;
    this.#log(end, "closeWrite");
    this.#await(end, end.stream!.closeWrite());
  }

  #closeStream(end: End): void {
    if (end.stream!.error === undefined) end.closed = end.writeEnded = true;
    end.toOffer = 0;
    this.#log(end, "close");
    this.#await(end, end.stream!.close());
  }

  #reset(end: End): void {
    this.#resetBy(end, () =>
      end.stream!.reset(this.#random.pick(["STREAM_CANCELLED", "INTERNAL_ERROR", 77] as const)),
    );
  }

  #resetBy(end: End, reset: () => void): void {
    const before = end.stream!.error;
    // What the reset tells observers already follows from it.
    end.wasReset ||= before === undefined;
    this.#log(end, "reset");
    reset();
    if (before === undefined && end.stream!.error === undefined) end.wasReset = false;
    end.toOffer = 0;
  }

  #abortSomething(): void {
    const at = this.#random.below(this.#aborts.length);
    const [abort] = this.#aborts.splice(at, 1);
    abort?.();
  }

  #finish(end: End): void {
    end.finishing = true;
    if (this.#random.oneIn(10)) this.#closeStream(end);
    else if (end.toOffer === 0 && !end.writeEnded) this.#closeWrite(end);
    if (!end.observing) this.#pump(end);
  }

  #await(end: End, promise: Promise<void>): void {
    end.pending++;
    promise.then(
      () => void end.pending--,
      (error: unknown) => {
        end.pending--;
        this.#report(end, end.writeFailed(error));
      },
    );
  }

  /** From now on anything may be cut short, on both sides. */
  #disturb(): void {
    for (const side of this.#sides) side.disturbed = true;
  }

  #peerOf(side: Side): Side {
    return this.#sides[0] === side ? this.#sides[1] : this.#sides[0];
  }

  #report(end: End, fault: string | undefined): void {
    if (fault !== undefined) this.#options.report(`${end.name}: ${fault}`);
  }

  #log(end: End, line: string): void {
    this.#options.log?.(`${end.name}: ${line}`);
  }
}
