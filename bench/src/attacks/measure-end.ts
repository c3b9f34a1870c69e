// The end of one session with many streams. On each stream the application waits.

import { setTimeout as delay } from "node:timers/promises";
import type { Wait } from "./applications.ts";
import { Attacker } from "./attacker.ts";
import { Child } from "./child.ts";
import type { Left, Mark, ServerSetup } from "./messages.ts";
import type { RawWire } from "./raw-wire.ts";

/** Ways in which a session or all its streams end. */
const ends = {
  /** The peer hangs up. */
  killed: (attacker) => attacker.kill(),
  /**
   * The peer sends a GOAWAY with last id 0, so it has seen no stream. This applies to streams that the server opened.
   */
  goaway: (attacker, _server, wire) => attacker.write(wire.goAway(0)),
  destroy: (_attacker, server) => server.tell({ do: "destroy" }),
  /** A graceful end that reaches its deadline. */
  close: (_attacker, server) => server.tell({ do: "close", timeout: 100 }),
} satisfies Record<string, (attacker: Attacker, server: Child, wire: RawWire) => void>;

type End = keyof typeof ends;

export interface EndCase {
  readonly wait: Wait;
  readonly end: End;
  readonly count: number;
  /** Whether the server opened the streams. */
  readonly openedHere: boolean;
}

export interface EndResult extends EndCase {
  readonly wire: RawWire;
  /** Number of streams that waited when the end came. */
  readonly waiting: number;
  /** Number of these streams that have settled. */
  readonly settled: number;
  /** Milliseconds until the last of them settled, with an error of up to a tenth of a second. */
  readonly duration: number;
  /** Milliseconds. */
  readonly longestBlock: number;
  /** Bytes for each stream while it waits, after a collection. */
  readonly held: number;
  /** Bytes of RAM that the end added, at the peak. */
  readonly rss: number;
}

/** Bits a second at which streams are opened. The rate is low enough for an accept loop to get its turns. */
const OPENING_RATE = 20_000_000;

/** Milliseconds between two questions to the server. */
const PAUSE = 100;

/** Milliseconds without a change after which the measurement ends. After a GOAWAY on Yamux, some streams stay open. */
const STANDSTILL = 5_000;

/** Milliseconds to wait until all streams are open, and again until all have settled. */
const PATIENCE = 60_000;

export async function measureEnd(one: EndCase, wire: RawWire): Promise<EndResult> {
  const { wait, end, count, openedHere } = one;
  const setup: ServerSetup = {
    wire: wire.name,
    app: { kind: "waiting", wait, count, openedHere },
  };
  const [server, { port }] = await Child.start<{ port: number }>("server", [JSON.stringify(setup)]);
  const attacker = new Attacker(port, function* () {
    for (let n = 0; !openedHere && n < count; n++) yield wire.syn(wire.firstId + 2 * n);
  });
  try {
    const before = await server.ask<Left>({ do: "collect" });
    // The server's writes must wait, no matter which side opens the streams, so the attacker stops reading.
    if (wait === "write") attacker.pause();
    const bytes = openedHere ? 0 : count * wire.syn(wire.firstId).length;
    attacker.connect();
    await attacker.send(OPENING_RATE, () => attacker.bytesSent >= bytes);
    await marked(server, ({ waiting }) => waiting >= count);
    const resting = await server.ask<Left>({ do: "collect" });
    const start = await server.ask<Mark>({ do: "mark" });
    ends[end](attacker, server, wire);
    const begun = performance.now();
    let last = start;
    let duration = 0;
    const marks = await marked(server, (mark) => {
      const now = performance.now() - begun;
      if (mark.settled !== last.settled || mark.streams !== last.streams) duration = now;
      last = mark;
      return (mark.settled >= mark.waiting && mark.streams === 0) || now - duration > STANDSTILL;
    });
    // The work that remains after all streams have settled is part of the end.
    await delay(PAUSE);
    marks.push(await server.ask<Mark>({ do: "mark" }));
    return {
      ...one,
      wire,
      waiting: start.waiting - start.settled,
      settled: last.settled - start.settled,
      duration,
      longestBlock: Math.max(...marks.map(({ longestBlock }) => longestBlock)),
      held: (resting.heap - before.heap) / count,
      rss: Math.max(...marks.map(({ peakRss }) => peakRss)) - resting.rss,
    };
  } finally {
    attacker.kill();
    await server.stop();
  }
}

/** Returns all marks up to the first for which `isDone` returns true, or until {@link PATIENCE} is over. */
async function marked(server: Child, isDone: (mark: Mark) => boolean): Promise<Mark[]> {
  const marks: Mark[] = [];
  const start = performance.now();
  for (;;) {
    const mark = await server.ask<Mark>({ do: "mark" });
    marks.push(mark);
    if (isDone(mark) || performance.now() - start > PATIENCE) return marks;
    await delay(PAUSE);
  }
}
