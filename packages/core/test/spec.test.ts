// What the specifications say of sessions, held against sessions: their tables, and the situations in which somebody
// who followed an earlier text stood still, lost data or was told something else. docs/spec/muxado.md, docs/spec/yamux.md.

import { readFileSync } from "node:fs";
import path from "node:path";
import { MuxadoError, muxado, type Stream, type Wire } from "@muxado/core";
import {
  ack,
  brief,
  bytes,
  contentOf,
  data,
  fin,
  goAway,
  Random,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { resolveOptions, type SessionOptions } from "../src/options.ts";
import type { Stream as InternalStream } from "../src/stream.ts";
import {
  effectOf,
  nextState,
  StreamEffect,
  StreamInput,
  StreamState,
} from "../src/stream-state.ts";
import { takeAll } from "./taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

/** The least that a sender sends when credit is short. */
const LEAST = 1024;

const [, { wire: yamux }] = wires as [unknown, { wire: Wire }];

/** A stream of the peer's that was accepted. */
async function accepted(peer: RawPeer, content?: number): Promise<Stream> {
  peer.send(syn(3, content));
  return await peer.session.accept();
}

/** A stream of ours that the peer knows. */
function opened(peer: RawPeer): Stream {
  const stream = peer.session.open();
  peer.take();
  return stream;
}

function specOf(wire: Wire): string {
  const file = path.resolve(import.meta.dirname, `../../../docs/spec/${wire.name}.md`);
  return readFileSync(file, "utf8");
}

/** The rows of the first table of a document whose head is `head`, as cells by the words of the head. */
function tableOf(markdown: string, head: string): Record<string, string>[] {
  const lines = markdown.split("\n");
  const start = lines.indexOf(head);
  expect(start, head).toBeGreaterThan(0);
  const cellsOf = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const names = cellsOf(head);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines
    .slice(start + 2, end)
    .map((line) => Object.fromEntries(cellsOf(line).map((cell, index) => [names[index]!, cell])));
}

const STATES: Readonly<Record<string, StreamState>> = {
  idle: StreamState.idle,
  open: StreamState.open,
  "half-closed (local)": StreamState.halfClosedLocal,
  "half-closed (remote)": StreamState.halfClosedRemote,
  closing: StreamState.closing,
  closed: StreamState.closed,
  reset: StreamState.reset,
};

function stateNamed(name: string): StreamState {
  const state = STATES[name.split(",")[0]!];
  expect(state, name).toBeDefined();
  return state!;
}

describe("§5.5, what a peer does", () => {
  const head = "| state | send SYN | send FIN | refuse inbound | send RST |";
  const inputs = {
    "send SYN": StreamInput.sendSyn,
    "send FIN": StreamInput.sendFin,
    "refuse inbound": StreamInput.refuseInbound,
    "send RST": StreamInput.sendReset,
  };

  it.each(tableOf(specOf(muxado), head))("in the state $state", (row) => {
    const state = stateNamed(row["state"]!);
    for (const [name, input] of Object.entries(inputs)) {
      const cell = row[name]!;
      const effect = effectOf(state, input);
      if (cell === "–") {
        expect(effect, name).not.toBe(StreamEffect.apply);
        expect(nextState(state, input), name).toBe(state);
      } else {
        expect(nextState(state, input), name).toBe(stateNamed(cell));
        const isSent = !cell.includes("no RST is sent");
        expect(effect, name).toBe(isSent ? StreamEffect.apply : StreamEffect.ignore);
      }
    }
  });

  it("is told of every state", () => {
    const told = tableOf(specOf(muxado), head).map((row) => row["state"]);
    expect(told).toEqual(Object.keys(STATES));
  });
});

describe.each([
  {
    name: "muxado",
    wire: muxado,
    head: "| state | DATA with a body | FIN | WNDINC | RST |",
  },
  {
    name: "yamux",
    wire: yamux,
    head: "| state | Data with a body | FIN | Window Update | RST | ACK |",
  },
])("§5.5, what arrives, on $name", ({ wire, head }) => {
  const CONTENT = bytes("late");

  /** Brings a new stream of the peer's into a state. */
  const ways: Record<string, (peer: RawPeer, stream: Stream) => void> = {
    open: () => {},
    "half-closed (local)": (_, stream) => void stream.closeWrite(),
    "half-closed (remote)": (peer) => peer.send(fin(3)),
    closing: (_, stream) => void stream.close(),
    closed: (peer, stream) => {
      void stream.closeWrite();
      peer.send(fin(3));
    },
    "reset, by an RST of this peer": (_, stream) => stream.reset(),
    "reset, otherwise": (peer) => peer.send(reset(3, "STREAM_CANCELLED")),
  };

  const frames = [
    data(3, CONTENT),
    fin(3),
    increment(3, 10),
    reset(3, "INTERNAL_ERROR"),
    ...(wire === yamux ? [ack(3)] : []),
  ];

  const rows = tableOf(specOf(wire), head);

  it("is told of every state", () => {
    expect(rows.map((row) => row["state"])).toEqual(Object.keys(ways));
  });

  it.each(rows)("in the state $state", async ({ state, ...cells }) => {
    for (const [index, [column, cell]] of Object.entries(cells).entries()) {
      const peer = rawPeer({ wire });
      const stream = (await accepted(peer)) as unknown as InternalStream;
      ways[state!]!(peer, stream as unknown as Stream);
      peer.take();
      const before = { credit: stream.stats().credit, error: stream.error };
      expect(stream.state, state).toBe(stateNamed(state!));

      peer.send(frames[index]!);
      const [act = "", next = state!] = cell.split(" → ");
      const answer = brief(peer.take());
      expect(stream.state, `${column}: ${cell}`).toBe(stateNamed(next));
      const isAnswered = act.startsWith("send RST");
      expect(answer, `${column}: ${cell}`).toEqual(isAnswered ? ["3: RST STREAM_CLOSED"] : []);
      expect(stream.stats().credit - before.credit).toBe(act === "add credit" ? 10 : 0);
      expect(stream.receiving.bytes).toBe(act === "deliver" ? CONTENT.length : 0);
      if (act === "end inbound") expect(stream.receiving.ended).toBe(true);
      if (act === "fail") expect(stream.error).toMatchObject({ code: "INTERNAL_ERROR" });
      else if (next === state) expect(stream.error).toBe(before.error);
      if (isAnswered) {
        peer.send(frames[index]!);
        expect(peer.take(), `${column}: ${cell}, twice`).toEqual([]);
      }
      const acts = ["deliver", "drop", "ignore", "note", "add credit", "end inbound", "fail"];
      if (!isAnswered) expect(acts, cell).toContain(act);
    }
  });
});

describe.each(wires)("a GOAWAY with an error code, on $name", ({ wire }) => {
  it("ends no stream that is open: both directions go on, and end well", async () => {
    const peer = rawPeer({ wire });
    const theirs = await accepted(peer);
    const ours = opened(peer);
    peer.send(goAway(ours.id, "INTERNAL_ERROR"));
    peer.send(data(theirs.id, "in"), data(ours.id, "back"));
    expect([theirs.take(), ours.take()]).toEqual([bytes("in"), bytes("back")]);
    await theirs.write(bytes("out"));
    await ours.write(bytes("forth"));
    await Promise.all([theirs.closeWrite(), ours.closeWrite()]);
    peer.send(fin(theirs.id), fin(ours.id));
    const sent = peer.take();
    expect(contentOf(sent, theirs.id)).toEqual(bytes("out"));
    expect(contentOf(sent, ours.id)).toEqual(bytes("forth"));
    expect([theirs.error, ours.error]).toEqual([undefined, undefined]);
    expect(brief(sent).join()).not.toMatch(/GOAWAY|RST/);
  });

  it("refuses new streams, as any other does", () => {
    const peer = rawPeer({ wire });
    peer.send(goAway(0, "INTERNAL_ERROR"));
    expect(() => peer.session.open()).toThrow(
      expect.objectContaining({ code: "REMOTE_GONE_AWAY", origin: "remote", retry: "safe" }),
    );
    expect(peer.take()).toEqual([]);
  });

  it("is the cause of the error of streams that are open when the transport ends", async () => {
    const peer = rawPeer({ wire });
    const ours = opened(peer);
    peer.send(goAway(ours.id, "INTERNAL_ERROR"));
    peer.end();
    expect(ours.error).toMatchObject({ code: "SESSION_CLOSED", scope: "session" });
    expect(ours.error!.cause).toMatchObject({ code: "INTERNAL_ERROR", origin: "remote" });
    expect((await peer.session.closed).remoteError).toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("that tells of a breach is the last frame of the session that found it", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer);
    peer.take();
    // An id of the session's own parity.
    peer.send(syn(4), data(3, "not heard"));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
    expect(stream.error).toMatchObject({ code: "PROTOCOL_ERROR", scope: "session" });
    expect(peer.sessionHasEnded).toBe(true);
  });
});

describe.each(wires)("silence after a GOAWAY, on $name", ({ wire }) => {
  it("is no reason to end a session in which a stream is open, however long", async () => {
    const peer = rawPeer({ wire });
    const stream = opened(peer);
    peer.send(goAway(stream.id));
    for (let hour = 0; hour < 24; hour++) await peer.advance(3_600_000);
    expect(stream.error).toBeUndefined();
    expect(peer.take()).toEqual([]);
    peer.send(data(stream.id, "at last"));
    expect(stream.take()).toEqual(bytes("at last"));
  });

  it("ends one in which no stream is open but those that nobody waits for", async () => {
    const peer = rawPeer({ wire });
    const stream = opened(peer);
    stream.unref();
    peer.send(goAway(stream.id));
    await peer.advance(29_999);
    expect(peer.take()).toEqual([]);
    await peer.advance(1);
    expect(brief(peer.take()).at(-1)).toContain("NO_ERROR");
    expect(stream.error).toMatchObject({ code: "SESSION_CLOSED" });
  });

  it("ends one whose last stream has ended since", async () => {
    const peer = rawPeer({ wire });
    const stream = opened(peer);
    peer.send(goAway(stream.id));
    await peer.advance(20_000);
    await stream.closeWrite();
    peer.send(fin(stream.id));
    expect(stream.error).toBeUndefined();
    expect(brief(peer.take())).toEqual([`${stream.id}: DATA 0 FIN`]);
    for (let second = 0; second < 60; second++) await peer.advance(1000);
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });
});

/** How many bytes of credit frames grant. */
function granted(frames: ReturnType<RawPeer["take"]>): number {
  return frames.reduce((sum, frame) => sum + (frame.type === "increment" ? frame.increment : 0), 0);
}

describe.each(wires)(
  "a sender that waits with less than 1 024 bytes of credit, on $name",
  ({ wire }) => {
    it.each([1, 100, 1000, LEAST - 1])(
      "does not wait for a stream that was closed with %i left: it gets credit, or a reset",
      async (left) => {
        const peer = rawPeer({ wire });
        const stream = await accepted(peer, WINDOW - left);
        peer.take();
        await stream.close();
        const frames = peer.take();
        const isReset = brief(frames).includes("3: RST STREAM_CLOSED");
        const credit = left + granted(frames);
        expect(isReset || credit >= LEAST).toBe(true);
        if (isReset) return;
        // What it sends with that credit is refused, so that nothing waits on either side.
        peer.send(data(3, LEAST));
        expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
        expect(peer.session.stats().openStreams).toBe(0);
      },
    );

    it.each([1, 1000, LEAST - 1])(
      "and that has nothing more to send than FIN, with %i left, ends such a stream well",
      async (left) => {
        const peer = rawPeer({ wire });
        const stream = await accepted(peer, WINDOW - left);
        await stream.close();
        peer.take();
        peer.send(fin(3));
        expect(peer.take()).toEqual([]);
        expect(stream.error).toBeUndefined();
      },
    );

    it("with no credit at all is reset as soon as its stream is closed", async () => {
      const peer = rawPeer({ wire });
      const stream = await accepted(peer, WINDOW);
      peer.take();
      await stream.close();
      expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CLOSED"]);
    });

    it("gets back what is dropped while the FIN of a closed stream waits for credit itself", async () => {
      const random = new Random(1);
      const peer = rawPeer({ wire });
      const stream = await accepted(peer);
      peer.take();
      const operations = [stream.write(bytes(2 * WINDOW)), stream.close()];
      void Promise.allSettled(operations);
      peer.take();
      let credit = WINDOW;
      for (let round = 0; round < 300; round++) {
        const length = Math.min(credit, 1 + random.below(20 * KIB));
        peer.send(data(3, length));
        credit += granted(peer.take()) - length;
        expect(credit).toBeGreaterThanOrEqual(LEAST);
      }
      expect(stream.error).toBeUndefined();
      // Now the FIN may leave.
      peer.send(increment(3, 2 * WINDOW));
      expect(brief(peer.take()).at(-1)).toBe("3: DATA 0 FIN");
      peer.send(data(3, 1));
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
    });

    it.each([1, 1000, LEAST - 1, LEAST, LEAST + 1, 1500, 64 * KIB])(
      "is not left waiting by a window of %i bytes whose reader reads, whatever it has to send",
      async (windowSize) => {
        const random = new Random(windowSize);
        const peer = rawPeer({ wire, windowSize });
        const stream = await accepted(peer);
        peer.take();
        let credit = WINDOW;
        let sent = 0;
        while (sent < WINDOW + 64 * KIB) {
          let has = 1 + random.below(2 * LEAST);
          while (has > 0) {
            // As §6.2 says: all that there is, or at least so much.
            const length = credit >= has ? has : credit >= LEAST ? credit : 0;
            expect(length, `${sent} bytes sent, ${credit} of credit`).toBeGreaterThan(0);
            peer.send(data(3, length));
            takeAll(stream);
            has -= length;
            sent += length;
            credit += granted(peer.take()) - length;
          }
        }
        expect(stream.error).toBeUndefined();
      },
    );
  },
);

describe.each(wires)("credit up to the maximum, on $name", ({ wire }) => {
  it("is no breach; beyond it is one", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer);
    peer.send(increment(3, wire.maxWindow - WINDOW));
    expect(stream.error).toBeUndefined();
    expect(stream.stats().credit).toBe(wire.maxWindow);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });
});

describe("a stream that failed because of a GOAWAY, on muxado", () => {
  it("is not reset on the wire; data that comes on it later is, once, and nothing else is answered", () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.send(goAway(0));
    expect(stream.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    expect(peer.take()).toEqual([]);
    peer.send(fin(2), increment(2, 5), reset(2, "STREAM_REFUSED"));
    expect(peer.take()).toEqual([]);
    peer.send(data(2, "late"), data(2, "later"));
    expect(brief(peer.take())).toEqual(["2: RST STREAM_CLOSED"]);
  });
});

describe("the last id of a GOAWAY, on muxado", () => {
  it("is that of the highest stream that was taken, accepted or not, ended or not", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    peer.send(syn(9), syn(5), reset(9, "STREAM_CANCELLED"));
    stream.reset();
    peer.session.goAway();
    expect(peer.take().find(({ type }) => type === "goAway")).toMatchObject({ lastStreamId: 9 });
  });

  it("does not rise by SYNs that are refused after it", () => {
    const peer = rawPeer();
    peer.send(syn(3));
    peer.session.goAway();
    peer.send(syn(101));
    peer.session.goAway("INTERNAL_ERROR");
    peer.session.destroy();
    const frames = brief(peer.take()).filter((line) => !line.includes("DATA"));
    expect(frames).toEqual([
      "GOAWAY 3 NO_ERROR",
      "101: RST STREAM_REFUSED",
      "GOAWAY 3 INTERNAL_ERROR",
      "GOAWAY 3 NO_ERROR",
    ]);
  });

  it("does not count SYNs that are refused before it, but counts those that had their turn", () => {
    const refusing = rawPeer({ maxInboundStreams: 1 });
    refusing.send(syn(3), syn(9), syn(11, WINDOW + 1));
    refusing.session.goAway();
    expect(brief(refusing.take())).toContain("GOAWAY 3 NO_ERROR");
    const queueing = rawPeer({ acceptBacklog: 1 });
    queueing.send(syn(3), syn(9));
    expect(brief(queueing.take())).toEqual(["9: RST ACCEPT_QUEUE_FULL"]);
    queueing.session.goAway();
    expect(brief(queueing.take())[0]).toBe("GOAWAY 9 NO_ERROR");
  });
});

describe("what is safe to retry", () => {
  /** Streams 2, 4 and 6, whose SYNs have left in the order 4, 2, 6: the mark of disorder is 4. */
  function outOfOrder(): { peer: RawPeer; streams: readonly [Stream, Stream, Stream] } {
    const peer = rawPeer();
    const [first, second] = [peer.session.open(), peer.session.open()];
    void second.write(bytes("first"));
    expect(brief(peer.take())).toEqual(["4: DATA 5 SYN", "2: DATA 0 SYN"]);
    return { peer, streams: [first, second, opened(peer)] };
  }

  it("is a stream above the last id whose SYN left before no lower one", () => {
    const { peer, streams } = outOfOrder();
    peer.send(goAway(0));
    expect(streams[2].error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
  });

  it("is not one whose SYN left before that of a lower id: a peer that has seen both may have taken it", () => {
    for (const last of [0, 2]) {
      const { peer, streams } = outOfOrder();
      peer.send(goAway(last));
      expect(streams[1].error, `last id ${last}`).toBeUndefined();
      peer.send(data(4, "working on it"));
      expect(streams[1].take()).toEqual(bytes("working on it"));
      expect(peer.take()).toEqual([]);
    }
  });

  it("is such a stream, too, when the peer refuses it", () => {
    const { peer, streams } = outOfOrder();
    peer.send(goAway(0), reset(4, "STREAM_REFUSED"), reset(2, "STREAM_REFUSED"));
    for (const stream of streams) expect(stream.error).toMatchObject({ retry: "safe" });
  });

  it("is not one that was in order, when only the loss of the transport ends it", () => {
    const { peer, streams } = outOfOrder();
    peer.send(goAway(4));
    peer.end();
    expect(streams.map((stream) => stream.error?.retry)).toEqual(["unknown", "unknown", "safe"]);
  });

  it.each(wires)(
    "is not a stream whose session is destroyed by the refusal to open another, on $name",
    async ({ wire }) => {
      const peer = rawPeer({ wire });
      const stream = opened(peer);
      peer.send(goAway(stream.id));
      try {
        peer.session.open();
      } catch (error) {
        expect(error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
        peer.session.destroy(error);
      }
      expect(stream.error).toBeInstanceOf(MuxadoError);
      expect(stream.error!.retry).toBe("unknown");
    },
  );

  it.each(wires)(
    "is a stream that was refused before anything came on it, and no other reset, on $name",
    ({ wire }) => {
      const verdicts = {
        STREAM_REFUSED: "safe",
        ACCEPT_QUEUE_FULL: "safe",
        REMOTE_GONE_AWAY: "unknown",
        STREAM_CLOSED: "unknown",
        INTERNAL_ERROR: "unknown",
      } as const;
      for (const [code, verdict] of Object.entries(verdicts)) {
        const peer = rawPeer({ wire });
        const stream = opened(peer);
        peer.send(reset(stream.id, code as keyof typeof verdicts));
        expect(stream.error!.retry, code).toBe(verdict);
        const heard = rawPeer({ wire });
        const answered = opened(heard);
        heard.send(data(answered.id, 1), reset(answered.id, code as keyof typeof verdicts));
        expect(answered.error!.retry, `${code} after data`).toBe("unsafe");
      }
    },
  );
});

describe.each(wires)("streams that arrive in one piece, on $name", ({ wire }) => {
  it("are not refused before the application has had its turn to accept them", async () => {
    const peer = rawPeer({ wire });
    const count = 1000;
    const ids: number[] = [];
    const accepting = (async () => {
      for await (const { id } of peer.session) ids.push(id);
    })();
    peer.send(...Array.from({ length: count }, (_, index) => syn(3 + 2 * index)));
    await peer.settle();
    expect(ids).toHaveLength(count);
    expect(brief(peer.take()).filter((line) => line.includes("RST"))).toEqual([]);
    peer.session.destroy();
    await accepting;
  });

  it("are refused beyond the backlog when it has not, the newest first", () => {
    const peer = rawPeer({ wire });
    peer.send(...Array.from({ length: 300 }, (_, index) => syn(3 + 2 * index)));
    const refused = brief(peer.take());
    const backlog = wire === yamux ? 256 : 128;
    expect(refused).toHaveLength(300 - backlog);
    expect(refused[0]).toBe(`${3 + 2 * backlog}: RST ACCEPT_QUEUE_FULL`);
  });
});

describe.each(wires)("a stream that either peer has reset, on $name", ({ wire }) => {
  it.each(["this peer", "the other peer"])("by %s: gets no credit any more", async (who) => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer, WINDOW);
    peer.take();
    takeAll(stream);
    if (who === "this peer") stream.reset();
    else peer.send(reset(3, "STREAM_CANCELLED"));
    expect(granted(peer.take())).toBe(0);
  });
});

describe.each(wires)("a SYN, on $name", ({ wire }) => {
  it("is refused while the session drains, before any GOAWAY", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer);
    peer.take();
    void peer.session.close();
    peer.send(syn(5, "too late"), data(3, "in time"));
    expect(brief(peer.take())).toEqual(["5: RST STREAM_REFUSED"]);
    expect(stream.take()).toEqual(bytes("in time"));
  });

  it("for an id that was reset here is not answered, and is charged", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 1 });
    const stream = await accepted(peer);
    stream.reset();
    peer.take();
    peer.send(syn(3, WINDOW + 1));
    expect(peer.take()).toEqual([]);
    peer.send(syn(3));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });
});

describe.each(wires)("the transport after the last GOAWAY, on $name", ({ wire }) => {
  const ends: Record<string, (peer: RawPeer) => void> = {
    "a graceful close": (peer) => void peer.session.close(),
    "an end with an error": (peer) => peer.session.destroy(new Error("why")),
    "a breach of the peer's": (peer) => peer.send(syn(4)),
  };

  it.each(Object.entries(ends))(
    "is read on after %s, into nothing, until the peer's side ends",
    async (_, end) => {
      const peer = rawPeer({ wire });
      end(peer);
      expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
      expect([peer.sessionHasEnded, peer.sessionHasDestroyed]).toEqual([true, false]);
      peer.send(syn(3, WINDOW), increment(3, 1), data(5, 1), syn(4));
      await peer.settle();
      expect(peer.take()).toEqual([]);
      expect(peer.sessionHasDestroyed).toBe(false);
      peer.end();
      expect(peer.sessionHasDestroyed).toBe(true);
    },
  );
});

describe.each(wires)("Appendix B, on $name", ({ wire }) => {
  const defaults = resolveOptions("server", { wire });
  /** What the first cell begins with, and the option whose default it tells, in which unit. */
  const rows: readonly [string, keyof SessionOptions, number][] = [
    [
      "streams that may wait to be accepted when the application has had its turn",
      "acceptBacklog",
      1,
    ],
    ["time until a stream that nobody accepts is refused", "acceptTimeout", 1000],
    ["remote streams that exist at once", "maxInboundStreams", 1],
    ["time that a stream may wait for credit", "writeTimeout", 1000],
    ["time from one's own FIN to the other peer's", "streamCloseTimeout", 1000],
    ["rapid resets in 10 s", "maxRapidResets", 1],
    ["provoked resets in 10 s", "maxProvokedResets", 1],
    ["provoked resets that wait for the transport", "maxWaitingResets", 1],
    ["frames in a row that carry nothing", "maxEmptyFrames", 1],
    ["increments beyond one for each byte sent", "maxUnearnedIncrements", 1],
    ["a drain", "closeTimeout", 1000],
    ["silence after the other peer's", "goAwayTimeout", 1000],
  ];
  const table = tableOf(specOf(wire), "| what | value |");

  it.each(rows)("tells the default of what it calls '%s'", (words, option, unit) => {
    const row = table.find(({ what }) => what!.split("; ").some((part) => part.startsWith(words)));
    expect(row, words).toBeDefined();
    const [number = ""] = /^[\d ]*\d/.exec(row!["value"]!) ?? [];
    expect(Number(number.replaceAll(" ", "")) * unit).toBe(defaults[option]);
  });
});

describe.each(wires)("what counts towards a limit, on $name", ({ wire }) => {
  it("is not the reset of a stream on which nothing has come for 10 seconds", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 2 });
    const ids = [3, 5, 7, 9, 11];
    for (const id of ids) {
      peer.send(syn(id, "poll"));
      await peer.session.accept();
    }
    await peer.advance(10_001);
    peer.take();
    peer.send(...ids.map((id) => reset(id, "STREAM_CANCELLED")));
    expect(peer.take()).toEqual([]);
  });

  it("is the reset of one on which something has just come, however old", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 2 });
    const ids = [3, 5, 7];
    for (const id of ids) {
      peer.send(syn(id, "poll"));
      await peer.session.accept();
    }
    await peer.advance(3_600_000);
    peer.take();
    for (const id of ids) peer.send(data(id, 1), reset(id, "STREAM_CANCELLED"));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });

  it.each([
    ["an empty FIN", (id: number) => fin(id)],
    ["an RST", (id: number) => reset(id, "STREAM_CANCELLED")],
  ])("is %s for a stream that is not there", (_, make) => {
    const peer = rawPeer({ wire });
    for (let times = 0; times < 10_000; times++) peer.send(make(3 + 2 * times));
    expect(peer.take()).toEqual([]);
    for (let times = 0; times < 100; times++) peer.send(make(3 + 2 * times));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });
});

describe("a frame that carries nothing", () => {
  it("on muxado is DATA without a body, SYN and FIN, whatever else its flags are", () => {
    for (const flags of [0x0, 0x4, 0x8, 0xc]) {
      const peer = rawPeer({ maxEmptyFrames: 3 });
      const frame = Uint8Array.of(0, 0, 0, 0x10 | flags, 0, 0, 0, 77);
      for (let times = 0; times < 3; times++) peer.sendBytes(frame);
      peer.send(increment(77, 1));
      for (let times = 0; times < 3; times++) peer.sendBytes(frame);
      expect(peer.take(), `flags ${flags}`).toEqual([]);
      peer.sendBytes(frame);
      expect(
        peer.take().map(({ type }) => type),
        `flags ${flags}`,
      ).toEqual(["goAway"]);
    }
  });

  it("on Yamux is an acknowledgement alone, too, for a stream that awaits none", async () => {
    const situations: Record<string, (peer: RawPeer) => Promise<number>> = {
      "acknowledged already": async (peer) => {
        const { id } = opened(peer);
        peer.send(ack(id));
        return id;
      },
      "of its own": async (peer) => (await accepted(peer)).id,
      "that is not there": async () => 98,
    };
    for (const [what, prepare] of Object.entries(situations)) {
      const peer = rawPeer({ wire: yamux, maxEmptyFrames: 3 });
      const id = await prepare(peer);
      peer.take();
      peer.send(ack(id), ack(id), ack(id));
      expect(peer.take(), what).toEqual([]);
      peer.send(ack(id));
      expect(
        peer.take().map(({ type }) => type),
        what,
      ).toEqual(["goAway"]);
    }
  });
});

describe("an ACK with credit, on Yamux", () => {
  /** Window Update|ACK. */
  function ackWithCredit(streamId: number, credit: number): Uint8Array {
    const frame = new Uint8Array(12);
    const view = new DataView(frame.buffer);
    view.setUint16(0, 1);
    view.setUint16(2, 2);
    view.setUint32(4, streamId);
    view.setUint32(8, credit);
    return frame;
  }

  it("acknowledges the stream, and its credit may be used", () => {
    const peer = rawPeer({ wire: { ...yamux, maxUnacknowledged: 1 } });
    const [first, held] = [peer.session.open(), peer.session.open()];
    expect(brief(peer.take())).toEqual([`${first.id}: DATA 0 SYN`]);
    peer.sendBytes(ackWithCredit(first.id, 1000));
    expect(brief(peer.take())).toEqual([`${held.id}: DATA 0 SYN`]);
    expect(first.stats().credit).toBe(WINDOW + 1000);
  });

  it("is more than an acknowledgement alone: a refusal behind it is not safe to retry", () => {
    for (const [frame, verdict] of [
      [ackWithCredit(2, 1000), "unsafe"],
      [ackWithCredit(2, 0), "safe"],
    ] as const) {
      const peer = rawPeer({ wire: yamux });
      const stream = opened(peer);
      peer.sendBytes(frame);
      peer.send(reset(stream.id, "STREAM_REFUSED"));
      expect(stream.error!.retry).toBe(verdict);
    }
  });
});
