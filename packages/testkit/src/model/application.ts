// The two applications of a schedule. They open, write, read, abort, close and reset by chance, from outside and from
// inside callbacks, and report everything that the model does not allow.

import type { Priority, Stream } from "@muxado/core";
import type { Link } from "../link.ts";
import { Relays } from "./relays.ts";
import type { Side } from "./side.ts";
import type { Stage } from "./stage.ts";
import { type End, StreamModel } from "./stream-model.ts";
import { StreamUser } from "./stream-user.ts";

/** The most streams that one side opens in a schedule. */
const MOST_STREAMS = 6;

/** Plays both sides. */
export class Application {
  readonly #stage: Stage;
  readonly #link: Link;
  readonly #sides: readonly [Side, Side];
  readonly #streams: StreamUser;
  readonly #relays: Relays;
  readonly #models: Map<number, StreamModel> = new Map();
  #stormed = false;

  constructor(stage: Stage, link: Link, sides: readonly [Side, Side]) {
    this.#stage = stage;
    this.#link = link;
    this.#sides = sides;
    this.#streams = new StreamUser(stage, () => this.act());
    this.#relays = new Relays(stage, (end, reset) => this.#streams.resetBy(end, reset));
  }

  /** Does one thing. */
  act(): void {
    const random = this.#stage.random;
    const side = random.pick(this.#sides);
    if (this.#stage.options.wire.putPing !== undefined && random.oneIn(30)) return this.#ping(side);
    const choice = random.below(100);
    if (choice < 12) this.#open(side);
    else if (choice < 18) this.#accept(side);
    else if (choice < 24) this.#stage.abortSomething();
    else if (choice < 26 && this.#stage.options.storms) this.#storm(side);
    else if (choice < 28) this.#prioritize(side);
    else if (side.ends.length > 0) this.#streams.actOn(random.pick(side.ends));
    else this.#open(side);
  }

  /** From now on every application reads to the end, half-closes after it has offered everything, and accepts. */
  finish(): void {
    this.#stage.finishing = true;
    for (const side of this.#sides) {
      side.accepting = true;
      if (side.waitingAccepts === 0) this.#accept(side);
      for (const end of side.ends) this.#streams.finish(end);
    }
  }

  /** Checks that every undisturbed stream has ended. */
  checkFinished(): void {
    for (const { name, disturbed, waitingPings } of this.#sides) {
      if (!disturbed && waitingPings > 0) {
        this.#stage.options.report(`${name}: ${waitingPings} pings without an answer`);
      }
    }
    for (const { opener, acceptor } of this.#models.values()) {
      const ends = [opener, acceptor].filter((end) => end.stream !== undefined);
      if (ends.some((end) => end.side.disturbed)) continue;
      for (const end of ends) {
        if (end.pending > 0) this.#stage.report(end, `${end.pending} operations are stuck`);
        if (end.toOffer > 0) this.#stage.report(end, `stuck with ${end.toOffer} bytes to offer`);
      }
      const { stream } = opener;
      if (stream!.error === undefined && acceptor.stream === undefined) {
        this.#stage.report(opener, "neither accepted nor refused");
      }
      if (acceptor.stream === undefined) continue;
      for (const end of ends) {
        if (end.joined !== undefined || end.isCutShort) continue;
        if (!end.sawEnd && !end.closed) this.#stage.report(end, "has not read to the end");
      }
    }
  }

  /** Ends the sessions, by one side or by both. */
  closeSessions(): void {
    const random = this.#stage.random;
    const first = random.pick(this.#sides);
    // A stalled link tells the other side nothing.
    const both = first.disturbed || random.oneIn(2);
    if (random.oneIn(20)) this.#destroy(first);
    else this.#close(first);
    if (both) this.#close(this.#peerOf(first));
  }

  #open(side: Side): void {
    if (this.#stage.finishing || side.session.stats().streamsOpened >= MOST_STREAMS) return;
    const controller = this.#stage.random.oneIn(10) ? new AbortController() : undefined;
    let stream: Stream;
    try {
      stream = side.session.open({ signal: controller?.signal, priority: this.#priority() });
    } catch (error) {
      const fault = side.refused(error, this.#peerOf(side));
      if (fault !== undefined) this.#stage.options.report(`${side.name}: ${fault}`);
      return;
    }
    const model = new StreamModel(stream, side, this.#peerOf(side));
    this.#models.set(stream.id, model);
    side.ends.push(model.opener);
    this.#stage.log(model.opener, "open");
    if (controller !== undefined) {
      const abort = (): void => controller.abort("stream aborted");
      this.#stage.addAbort(() => this.#streams.resetBy(model.opener, abort));
    }
    this.#begin(model.opener);
  }

  #prioritize(side: Side): void {
    const priority = this.#priority();
    if (priority === undefined || side.ends.length === 0) return;
    this.#stage.random.pick(side.ends).stream!.priority = priority;
  }

  #priority(): Priority | undefined {
    const { random } = this.#stage;
    if (random.oneIn(2)) return undefined;
    return { urgency: random.below(8), weight: random.between(1, 256) };
  }

  /** Only on wires that have pings. */
  #ping(side: Side): void {
    const controller = this.#stage.random.oneIn(4) ? new AbortController() : undefined;
    if (controller !== undefined) this.#stage.addAbort(() => controller.abort("ping aborted"));
    this.#stage.options.log?.(`${side.name} pings`);
    side.waitingPings++;
    side.session.ping({ signal: controller?.signal }).then(
      (roundTrip) => {
        side.waitingPings--;
        if (!(roundTrip >= 0)) {
          this.#stage.options.report(`${side.name}: a ping that took ${roundTrip} ms`);
        }
      },
      (error: unknown) => {
        side.waitingPings--;
        if (error === "ping aborted") return;
        const fault = side.refused(error, this.#peerOf(side));
        if (fault !== undefined) this.#stage.options.report(`${side.name}: ping: ${fault}`);
      },
    );
  }

  #accept(side: Side): void {
    if (side.waitingAccepts > 3) return;
    const controller =
      !this.#stage.finishing && this.#stage.random.oneIn(10) ? new AbortController() : undefined;
    side.waitingAccepts++;
    if (controller !== undefined) this.#stage.addAbort(() => controller.abort("accept aborted"));
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
        if (fault !== undefined) this.#stage.options.report(`${side.name}: ${fault}`);
      },
    );
  }

  #accepted(side: Side, stream: Stream): void {
    const model = this.#models.get(stream.id);
    if (model === undefined || model.acceptor.side !== side) {
      this.#stage.options.report(`${side.name} accepted stream ${stream.id}, which nobody opened`);
      return;
    }
    const end = model.acceptor;
    if (end.stream !== undefined) this.#stage.report(end, "accepted twice");
    if (model.safeToRetry) this.#stage.report(end, "accepted, but the opener may retry it safely");
    end.stream = stream;
    side.ends.push(end);
    this.#stage.log(end, "accepted");
    this.#begin(end);
    if (this.#stage.finishing) this.#streams.finish(end);
  }

  /** A stream is new: it may be observed, or joined with another unused one, or rest. */
  #begin(end: End): void {
    const { random } = this.#stage;
    if (random.oneIn(3)) this.#streams.observe(end);
    else if (random.oneIn(2)) this.#relays.join(end.side);
  }

  #storm(side: Side): void {
    const random = this.#stage.random;
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
    this.#stage.options.log?.(`${side.name} goes away`);
    side.refuses = true;
    side.session.goAway("NO_ERROR", this.#stage.options.wire.maxDebugLength > 0 ? "bye" : "");
  }

  #close(side: Side, timeout?: number): void {
    this.#stage.options.log?.(`${side.name} closes, timeout ${timeout}`);
    side.refuses = true;
    if (timeout !== undefined) this.#disturb();
    const wait = timeout === undefined ? {} : { timeout };
    side.session.close(wait).catch((error: unknown) => {
      this.#stage.options.report(`${side.name}: close failed with ${String(error)}`);
    });
  }

  #destroy(side: Side): void {
    this.#stage.options.log?.(`${side.name} is destroyed`);
    this.#disturb();
    side.session.destroy(this.#stage.random.oneIn(2) ? new Error("for a reason") : undefined);
  }

  #break(side: Side): void {
    const random = this.#stage.random;
    this.#disturb();
    const kind = random.pick(["end", "fail", "stall", "cut"] as const);
    this.#stage.options.log?.(`the link breaks at the ${side.name}: ${kind}`);
    if (kind === "cut") {
      this.#link[side.name].fail();
    } else {
      const { delivered } = this.#link[side.name === "client" ? "server" : "client"].outbound;
      this.#link.breakAfter(side.name, delivered + random.below(200), kind);
    }
  }

  /** From now on anything may be cut short, on both sides. */
  #disturb(): void {
    for (const side of this.#sides) side.disturbed = true;
  }

  #peerOf(side: Side): Side {
    return this.#sides[0] === side ? this.#sides[1] : this.#sides[0];
  }
}
