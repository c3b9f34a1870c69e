// The life cycle of a stream as one table: (state, input) → (next state, effect). The diagram in docs/architecture.md
// shows the same table, and a test checks every cell. Spec §5.5.

/** The state of a stream. It is a number, because the hot path finds the next state in an array. */
export const StreamState = {
  /** We have opened the stream, but have sent nothing of it. The peer does not know the stream. */
  idle: 0,
  /** Both directions are open. */
  open: 1,
  /** We have sent FIN. */
  halfClosedLocal: 2,
  /** The peer has sent FIN. */
  halfClosedRemote: 3,
  /** We have sent FIN, and refuse bytes that still arrive, as a closed socket does. */
  closing: 4,
  /** Both sides have sent FIN. */
  closed: 5,
  /** An RST of either side has ended the stream, or its session has ended. */
  reset: 6,
} as const;
/** A value of {@link StreamState}. */
export type StreamState = (typeof StreamState)[keyof typeof StreamState];

/** The inputs of a stream: four actions of this side, and four kinds of frames that arrive. */
export const StreamInput = {
  /** We send the first frame. */
  sendSyn: 0,
  /** We send FIN. */
  sendFin: 1,
  /** We refuse everything that still arrives. This comes only after our FIN. */
  refuseInbound: 2,
  /** We reset the stream. */
  sendReset: 3,
  /** DATA with a body arrives. */
  receiveData: 4,
  /** FIN arrives. */
  receiveFin: 5,
  /** Credit arrives. */
  receiveIncrement: 6,
  /** RST arrives. */
  receiveReset: 7,
} as const;
/** A value of {@link StreamInput}. */
export type StreamInput = (typeof StreamInput)[keyof typeof StreamInput];

/** The reaction of the session to an input. */
export const StreamEffect = {
  /** Do nothing: the input is late or repeated, and harmless. */
  ignore: 0,
  /** Do what the input stands for: send the frame, deliver the body, add the credit, or end the stream. */
  apply: 1,
  /** Answer with RST(STREAM_CLOSED), once: the peer sends on a direction that is over. */
  refuse: 2,
  /** This input cannot happen in this state, unless the session breaks its own rules. */
  never: 3,
} as const;
/** A value of {@link StreamEffect}. */
export type StreamEffect = (typeof StreamEffect)[keyof typeof StreamEffect];

type StateName = keyof typeof StreamState;
type Cell = readonly [next: StateName, effect: keyof typeof StreamEffect];

/** The table. Rows are in the order of a stream's life, columns in the order of {@link StreamInput}. */
// biome-ignore format: a table is read by columns
const TRANSITIONS: Readonly<Record<StateName, readonly Cell[]>> = {
  // A stream that the peer does not know ends without an RST, because the peer could not understand it.
  idle: [
    ["open", "apply"], ["idle", "never"], ["idle", "never"], ["reset", "ignore"],
    ["idle", "never"], ["idle", "never"], ["idle", "never"], ["idle", "never"],
  ],
  open: [
    ["open", "never"], ["halfClosedLocal", "apply"], ["open", "never"], ["reset", "apply"],
    ["open", "apply"], ["halfClosedRemote", "apply"], ["open", "apply"], ["reset", "apply"],
  ],
  halfClosedLocal: [
    ["halfClosedLocal", "never"], ["halfClosedLocal", "never"], ["closing", "apply"], ["reset", "apply"],
    // Credit for a direction that we have ended is late, not wrong.
    ["halfClosedLocal", "apply"], ["closed", "apply"], ["halfClosedLocal", "ignore"], ["reset", "apply"],
  ],
  halfClosedRemote: [
    ["halfClosedRemote", "never"], ["closed", "apply"], ["halfClosedRemote", "never"], ["reset", "apply"],
    // Go repeats its FIN at every Close (spec appendix, G11).
    ["reset", "refuse"], ["halfClosedRemote", "ignore"], ["halfClosedRemote", "apply"], ["reset", "apply"],
  ],
  closing: [
    ["closing", "never"], ["closing", "never"], ["closing", "never"], ["reset", "apply"],
    ["reset", "refuse"], ["closed", "apply"], ["closing", "ignore"], ["reset", "apply"],
  ],
  closed: [
    ["closed", "never"], ["closed", "never"], ["closed", "ignore"], ["closed", "ignore"],
    ["closed", "refuse"], ["closed", "ignore"], ["closed", "ignore"], ["closed", "ignore"],
  ],
  reset: [
    ["reset", "never"], ["reset", "never"], ["reset", "ignore"], ["reset", "ignore"],
    ["reset", "ignore"], ["reset", "ignore"], ["reset", "ignore"], ["reset", "ignore"],
  ],
};

const INPUTS = 8;

/** Each cell in one small integer: the effect in the high bits, the next state in the low bits. */
const CELLS: Uint8Array = /* @__PURE__ */ (() => {
  const cells = new Uint8Array(Object.keys(StreamState).length * INPUTS);
  for (const [state, row] of Object.entries(TRANSITIONS)) {
    for (const [input, [next, effect]] of row.entries()) {
      cells[StreamState[state as StateName] * INPUTS + input] =
        (StreamEffect[effect] << 4) | StreamState[next];
    }
  }
  return cells;
})();

/** Returns the state after `input` in `state`. */
export function nextState(state: StreamState, input: StreamInput): StreamState {
  return (CELLS[state * INPUTS + input]! & 0xf) as StreamState;
}

/** Returns what must be done about `input` in `state`. */
export function effectOf(state: StreamState, input: StreamInput): StreamEffect {
  return (CELLS[state * INPUTS + input]! >> 4) as StreamEffect;
}
