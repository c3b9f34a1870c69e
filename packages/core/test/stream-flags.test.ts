// The hot path reads flags instead of the state table. On live streams, the flags are compared with the table after
// every sequence of inputs up to a length, in any order of application and peer.

import { INITIAL_WINDOW } from "@muxado/frame";
import { type RawPeer, rawPeer, bytes, data, fin, increment, reset, syn } from "@muxado/testkit";
import { expect, it } from "vitest";
import { StreamState } from "../src/life/stream-state.ts";
import type { Stream } from "../src/stream.ts";

type StateName = keyof typeof StreamState;

const MORE_THAN_THE_WINDOW = new Uint8Array(INITIAL_WINDOW + 1);

/** The inputs of a stream from outside. */
const inputs: Record<string, (stream: Stream, peer: RawPeer) => void> = {
  write: (stream) => void stream.write(bytes(3)).catch(() => {}),
  writeTooMuch: (stream) => void stream.write(MORE_THAN_THE_WINDOW).catch(() => {}),
  closeWrite: (stream) => void stream.closeWrite().catch(() => {}),
  close: (stream) => void stream.close().catch(() => {}),
  reset: (stream) => stream.reset(),
  endOfTurn: (_, peer) => peer.flush(),
  data: ({ id }, peer) => peer.send(data(id, 2)),
  fin: ({ id }, peer) => peer.send(fin(id)),
  increment: ({ id }, peer) => peer.send(increment(id, 5000)),
  rst: ({ id }, peer) => peer.send(reset(id, "INTERNAL_ERROR")),
};

const INPUT_NAMES = Object.keys(inputs);

function stateOf(stream: Stream): StateName {
  return Object.entries(StreamState).find(([, state]) => state === stream.state)![0] as StateName;
}

/** The values that the flags must or may have in a state. Returns the contradictions. */
function contradictions(stream: Stream, peer: RawPeer): string[] {
  const { sending, receiving, session } = stream;
  const state = stateOf(stream);
  const among = (...states: StateName[]): boolean => states.includes(state);
  const finSent = sending.ended && !sending.blocked;
  const claims: Record<string, boolean> = {
    "failure ⇔ reset": (stream.failure !== null) === among("reset"),
    "error ⇔ reset": (stream.error !== undefined) === among("reset"),
    "idle ⇒ unsent": !among("idle") || stream.unsent,
    "unsent ⇒ idle or reset": !stream.unsent || among("idle", "reset"),
    "half-closed (remote) or closed ⇒ receiving.ended":
      !among("halfClosedRemote", "closed") || receiving.ended,
    "receiving.ended ⇒ half-closed (remote), closed or reset":
      !receiving.ended || among("halfClosedRemote", "closed", "reset"),
    "half-closed (local), closing or closed ⇒ sending.ended with nothing waiting":
      !among("halfClosedLocal", "closing", "closed") || finSent,
    "sending.ended with nothing waiting ⇒ half-closed (local), closing, closed or reset":
      !finSent || among("halfClosedLocal", "closing", "closed", "reset"),
    "closing ⇒ discarding": !among("closing") || receiving.discarding,
    "discarding with FIN sent ⇒ closing, closed or reset":
      !(receiving.discarding && finSent) || among("closing", "closed", "reset"),
    "blocked ⇒ idle, open or half-closed (remote)":
      !sending.blocked || among("idle", "open", "halfClosedRemote"),
    "in the table by its id ⇔ the peer knows it and it is not over":
      (session.table.get(stream.id) === stream) === !among("idle", "closed", "reset"),
    "counted ⇔ not over": session.table.count === (among("closed", "reset") ? 0 : 1),
    "a session goes on": !session.own.shutdown.ended && peer.session === session,
  };
  return Object.entries(claims).flatMap(([claim, holds]) => (holds ? [] : [claim]));
}

async function live(isLocal: boolean): Promise<{ stream: Stream; peer: RawPeer }> {
  const peer = rawPeer();
  if (isLocal) return { stream: peer.session.open() as Stream, peer };
  peer.send(syn(3));
  return { stream: (await peer.session.accept()) as Stream, peer };
}

/** All sequences of `length` inputs, as numbers of that many digits. */
function* sequences(length: number): Generator<string[]> {
  const count = INPUT_NAMES.length ** length;
  for (let number = 0; number < count; number++) {
    const names: string[] = [];
    for (let rest = number, left = length; left > 0; left--) {
      names.push(INPUT_NAMES[rest % INPUT_NAMES.length]!);
      rest = Math.floor(rest / INPUT_NAMES.length);
    }
    yield names;
  }
}

it.each([
  ["a stream of ours", true],
  ["a stream of the peer's", false],
])("the flags of %s agree with its state after all sequences of 4 inputs", async (_, isLocal) => {
  const visited = new Set<StateName>();
  const faults: string[] = [];
  for (const names of sequences(4)) {
    const { stream, peer } = await live(isLocal);
    for (const [index, name] of names.entries()) {
      inputs[name]!(stream, peer);
      visited.add(stateOf(stream));
      const wrong = contradictions(stream, peer);
      if (wrong.length > 0) {
        faults.push(
          `${names.slice(0, index + 1).join(", ")} → ${stateOf(stream)}: ${wrong.join("; ")}`,
        );
        break;
      }
    }
    if (faults.length > 10) break;
  }
  expect(faults).toEqual([]);
  const all = Object.keys(StreamState) as StateName[];
  expect(visited).toEqual(new Set(isLocal ? all : all.filter((name) => name !== "idle")));
});
