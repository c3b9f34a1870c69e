// The life cycle of a stream as one table: (state, input) → (next state, effect). The diagram in
// docs/architecture.md and the exhaustive test come from it. It knows no stream, no frame and no queue.
// Spec §5.5.

/** The state of a stream. It is a number, so that the table is an array look-up on the hot path. */
export const StreamState = {
  /** Opened here, and nothing of it has been sent. The peer does not know the stream. */
  idle: 0,
  /** Both directions are open. */
  open: 1,
  /** We have sent FIN. */
  halfClosedLocal: 2,
  /** The peer has sent FIN. */
  halfClosedRemote: 3,
  /** We have sent FIN and refuse bytes that still arrive, like a closed socket. */
  closing: 4,
  /** Both sides have sent FIN. */
  closed: 5,
  /** Ended by an RST of either side, or with its session. */
  reset: 6,
} as const;
/** A value of {@link StreamState}. */
export type StreamState = (typeof StreamState)[keyof typeof StreamState];

/** The inputs of a stream: four actions of ours, and four arrivals. */
export const StreamInput = {
  /** We send the first frame. */
  sendSyn: 0,
  /** We send FIN. */
  sendFin: 1,
  /** We refuse everything that still arrives. Comes after our FIN. */
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
  /** Nothing. The input is late or repeated, and harmless. */
  ignore: 0,
  /** The action of the input: send the frame, deliver the body, add the credit, or end the stream. */
  apply: 1,
  /** Answer with RST(STREAM_CLOSED), once. The peer sends on a direction that is over. */
  refuse: 2,
  /** Cannot happen while the session keeps its own rules. */
  never: 3,
} as const;
/** A value of {@link StreamEffect}. */
export type StreamEffect = (typeof StreamEffect)[keyof typeof StreamEffect];

type StateName = keyof typeof StreamState;
type Cell = readonly [next: StateName, effect: keyof typeof StreamEffect];

/** The table, in the order of a stream's life. Columns are in the order of {@link StreamInput}. */
// biome-ignore format: a table is read by columns
const TRANSITIONS: Readonly<Record<StateName, readonly Cell[]>> = {
  // A stream that was never sent ends without a frame: the peer would not know what the RST is about.
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

/** Both parts of a cell in one small integer: the effect is above the next state. */
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
