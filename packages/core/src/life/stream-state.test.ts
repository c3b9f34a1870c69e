// The life cycle as a table, compared with the result of its two directions taken one at a time. Spec §5.

import { describe, expect, it } from "vitest";
import { effectOf, nextState, StreamEffect, StreamInput, StreamState } from "./stream-state.ts";

type StateName = keyof typeof StreamState;
type InputName = keyof typeof StreamInput;
type EffectName = keyof typeof StreamEffect;

const STATES = Object.keys(StreamState) as StateName[];
const INPUTS = Object.keys(StreamInput) as InputName[];

function nameIn<T extends object>(numbers: T, number: number): keyof T {
  const entry = Object.entries(numbers).find(([, value]) => value === number);
  return entry![0] as keyof T;
}

function look(state: StateName, input: InputName): { next: StateName; effect: EffectName } {
  const [from, by] = [StreamState[state], StreamInput[input]];
  return {
    next: nameIn(StreamState, nextState(from, by)),
    effect: nameIn(StreamEffect, effectOf(from, by)),
  };
}

/** Our sending: nothing so far, bytes, or no more. */
type Sending = "unsent" | "open" | "ended";
/** Our receiving: bytes, bytes that nobody wants, or no more. */
type Receiving = "open" | "refused" | "ended";
/** A stream is its two directions, or it was reset as a whole. */
type Directions = { sending: Sending; receiving: Receiving } | "cut";

const DIRECTIONS: Record<StateName, Directions> = {
  idle: { sending: "unsent", receiving: "open" },
  open: { sending: "open", receiving: "open" },
  halfClosedLocal: { sending: "ended", receiving: "open" },
  halfClosedRemote: { sending: "open", receiving: "ended" },
  closing: { sending: "ended", receiving: "refused" },
  closed: { sending: "ended", receiving: "ended" },
  reset: "cut",
};

function stateOf(directions: Directions): StateName {
  const same = (name: StateName): boolean =>
    JSON.stringify(DIRECTIONS[name]) === JSON.stringify(directions);
  return STATES.find(same)!;
}

type Outcome = [next: Directions, effect: EffectName];

/** The meaning of an input, from the two directions alone. */
function expected(now: Directions, input: InputName): Outcome {
  if (now === "cut") {
    // A stream that was reset sends nothing of its own. Inputs that arrive or are repeated are late.
    const sends = input === "sendSyn" || input === "sendFin";
    return [now, sends ? "never" : "ignore"];
  }
  const { sending, receiving } = now;
  if (sending === "unsent") {
    if (input === "sendSyn") return [{ ...now, sending: "open" }, "apply"];
    // The peer does not know the stream: it cannot send on it, and need not learn of its end.
    return input === "sendReset" ? ["cut", "ignore"] : [now, "never"];
  }
  const over = sending === "ended" && receiving === "ended";
  switch (input) {
    case "sendSyn":
      return [now, "never"];
    case "sendFin":
      return sending === "open" ? [{ ...now, sending: "ended" }, "apply"] : [now, "never"];
    case "refuseInbound":
      if (over) return [now, "ignore"];
      // Comes only after our FIN, and once.
      if (sending !== "ended" || receiving !== "open") return [now, "never"];
      return [{ ...now, receiving: "refused" }, "apply"];
    case "receiveData":
      if (receiving === "open") return [now, "apply"];
      return [over ? now : "cut", "refuse"];
    case "receiveFin":
      return receiving === "ended" ? [now, "ignore"] : [{ ...now, receiving: "ended" }, "apply"];
    case "receiveIncrement":
      return [now, sending === "open" ? "apply" : "ignore"];
    case "sendReset":
    case "receiveReset":
      return over ? [now, "ignore"] : ["cut", "apply"];
  }
}

describe("every input in every state", () => {
  for (const state of STATES) {
    for (const input of INPUTS) {
      const [next, effect] = expected(DIRECTIONS[state], input);
      it(`${state}, ${input}: ${effect}, then ${stateOf(next)}`, () => {
        expect(look(state, input)).toEqual({ next: stateOf(next), effect });
      });
    }
  }
});

describe("the table as a whole", () => {
  /** States that inputs lead to from `start`, without inputs that never happen. */
  function reachable(start: StateName): Set<StateName> {
    const found = new Set([start]);
    for (const state of found) {
      for (const input of INPUTS) {
        const { next, effect } = look(state, input);
        if (effect !== "never") found.add(next);
      }
    }
    return found;
  }

  it("lets a stream opened here come to every state", () => {
    expect([...reachable("idle")].sort()).toEqual([...STATES].sort());
  });

  it("lets a stream of the peer come to every state except the one before its SYN", () => {
    expect([...reachable("open")].sort()).toEqual(STATES.filter((name) => name !== "idle").sort());
  });

  it.each(["closed", "reset"] as const)("never leaves %s", (state) => {
    expect([...reachable(state)]).toEqual([state]);
  });

  it.each(STATES.filter((name) => name !== "closed"))("can cut a stream off in %s", (state) => {
    expect(look(state, "sendReset").next).toBe("reset");
  });

  it("a stream does not change its state on an input that cannot happen", () => {
    for (const state of STATES) {
      for (const input of INPUTS) {
        const { next, effect } = look(state, input);
        if (effect === "never") expect(next, `${state}, ${input}`).toBe(state);
      }
    }
  });

  it("has an answer to everything that can arrive once the peer knows the stream", () => {
    const arriving = INPUTS.filter((input) => input.startsWith("receive"));
    for (const state of STATES.filter((name) => name !== "idle")) {
      for (const input of arriving) {
        expect(look(state, input).effect, `${state}, ${input}`).not.toBe("never");
      }
    }
  });
});
