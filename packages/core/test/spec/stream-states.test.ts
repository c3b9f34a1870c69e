// §5.5: in each of its states, a stream acts and answers each frame as the tables define. docs/spec/muxado.md,
// docs/spec/yamux.md.

import { muxado, type Stream } from "@muxado/core";
import {
  ack,
  brief,
  bytes,
  data,
  fin,
  type RawPeer,
  rawPeer,
  reset,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import {
  effectOf,
  nextState,
  StreamEffect,
  StreamInput,
  StreamState,
} from "../../src/life/stream-state.ts";
import type { Stream as InternalStream } from "../../src/stream.ts";
import { accepted } from "../streams.ts";
import { yamux } from "../yamux.ts";
import { specOf, tableOf } from "./tables.ts";

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

describe("§5.5, the actions of a peer", () => {
  const head = "| state | send SYN | send FIN | refuse inbound | send RST |";
  const inputs = {
    "send SYN": StreamInput.sendSyn,
    "send FIN": StreamInput.sendFin,
    "refuse inbound": StreamInput.refuseInbound,
    "send RST": StreamInput.sendReset,
  };

  it.each(tableOf(specOf(muxado), head))(
    "a stream in the state $state does as the table says",
    (row) => {
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
    },
  );

  it("the table of actions tells of every state", () => {
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
])("§5.5, the frames that arrive, on $name", ({ wire, head }) => {
  const CONTENT = bytes("late");

  /** Brings a new stream of the peer into a state. */
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

  it("the table of frames tells of every state", () => {
    expect(rows.map((row) => row["state"])).toEqual(Object.keys(ways));
  });

  it.each(rows)(
    "a stream in the state $state answers each frame as the table says",
    async ({ state, ...cells }) => {
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
    },
  );
});
