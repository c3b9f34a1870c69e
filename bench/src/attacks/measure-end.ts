// The end of one session with many streams, in each of which the application waits.

import { setTimeout as delay } from "node:timers/promises";
import type { Wait } from "./applications.ts";
import { Attacker } from "./attacker.ts";
import { Child } from "./child.ts";
import type { Left, Mark, ServerSetup } from "./messages.ts";
import type { RawWire } from "./raw-wire.ts";

/** Ways in which a session, or all its streams, come to an end. */
const ends = {
  /** The peer hangs up. */
  killed: (attacker) => attacker.kill(),
  /** The peer sends a GOAWAY that has seen no stream: for streams that were opened here. */
  goaway: (attacker, _server, wire) => attacker.write(wire.goAway(0)),
  destroy: (_attacker, server) => server.tell({ do: "destroy" }),
  /** A graceful end whose deadline passes. */
  close: (_attacker, server) => server.tell({ do: "close", timeout: 100 }),
} satisfies Record<string, (attacker: Attacker, server: Child, wire: RawWire) => void>;

type End = keyof typeof ends;

export interface EndCase {
  readonly wait: Wait;
  readonly end: End;
  readonly count: number;
  /** Whether the streams are the server's own. */
  readonly openedHere: boolean;
}

export interface EndResult extends EndCase {
  readonly wire: RawWire;
  /** Streams that waited when the end came. */
  readonly waiting: number;
  /** Those of them that were told of it. */
  readonly settled: number;
  /** Milliseconds until the last of them had been told, give or take a tenth of a second. */
  readonly duration: number;
  /** Milliseconds. */
  readonly longestBlock: number;
  /** Bytes for each stream while it waits, after a collection. */
  readonly held: number;
  /** Bytes of RAM that the end took, at the most. */
  readonly rss: number;
}

/** Bits a second at which streams are opened: slow enough for an accept loop to have its turns. */
const OPENING_RATE = 20_000_000;

/** Milliseconds between two questions. */
const PAUSE = 100;

/** Milliseconds without a change after which nothing more is waited for: a GOAWAY on Yamux leaves some streams open. */
const STANDSTILL = 5_000;

/** Milliseconds for the streams to be there, and for all to be told. */
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
    // What is written must wait, whoever opens the streams.
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
    // What is left to do when all have been told is part of the end.
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

/** The marks until one is as it should be, or until patience is over. */
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
