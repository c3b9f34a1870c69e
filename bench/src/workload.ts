// The workloads: their tasks, their sizes and the streams they use.

/** The work of a server with the streams that it gets. */
export type ServerKind = "open" | "bulk" | "messages" | "idle" | "echo" | "scale" | "mixed";

/** The task of a workload. All but the codec need a server; a relay stands before a server for bulk or for messages. */
export type WorkloadKind = Exclude<ServerKind, "messages"> | "relay" | "codec";

export interface Workload {
  /** The name on the command line and in the tables. */
  readonly name: string;
  readonly kind: WorkloadKind;
  /** Streams at the same time. Idle: while the streams are being opened. Mixed: the streams with bulk bytes. */
  readonly streams: number;
  /** Bytes in each write of a bulk transfer. A relay without bulk bytes carries messages. */
  readonly writeSize: number;
  /** Bytes of the payload of an echo. */
  readonly payload: number;
  readonly description: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes that an application with plenty to send writes at once. Raw TCP is fastest with this size. */
const LARGE_WRITE = MIB;

/** Bytes that Node's file stream reads at once, and so the usual write of most applications. */
const USUAL_WRITE = 64 * KIB;

/** The matrix of the benchmark of the reference implementation: payloads and streams. */
const ECHO_PAYLOADS: readonly [name: string, bytes: number][] = [
  ["1B", 1],
  ["1KiB", KIB],
  ["1MiB", MIB],
  ["32MiB", 32 * MIB],
];
const ECHO_STREAMS = [1, 4, 8, 64, 256];

/** Values for workloads that do not use them. */
const nothing = { streams: 1, writeSize: 0, payload: 0 };

export const workloads: readonly Workload[] = [
  open(1),
  open(64),
  open(256),
  bulk("bulk-1", 1, LARGE_WRITE),
  bulk("bulk-64", 64, LARGE_WRITE),
  bulk("bulk-1-piped", 1, USUAL_WRITE),
  {
    ...nothing,
    name: "idle",
    kind: "idle",
    streams: 64,
    description: "memory of one open stream that has carried 64 bytes each way and now rests",
  },
  relay("relay-1", 1, USUAL_WRITE),
  relay("relay-64", 64, USUAL_WRITE),
  relay("relay-messages-1", 1, 0),
  relay("relay-messages-64", 64, 0),
  scale(1),
  scale(64),
  {
    ...nothing,
    name: "mixed",
    kind: "mixed",
    streams: 4,
    writeSize: LARGE_WRITE,
    description: "requests of 64 bytes, one at a time, while 4 streams send all that goes through",
  },
  {
    ...nothing,
    name: "codec",
    kind: "codec",
    description: "DATA frames of 64 bytes, in memory and without a session",
  },
  ...ECHO_PAYLOADS.flatMap(([name, bytes]) => ECHO_STREAMS.map((n) => echo(name, bytes, n))),
];

function open(streams: number): Workload {
  const description = `streams opened, used for 64 bytes each way and closed; ${streams} at a time`;
  return { ...nothing, name: `open-${streams}`, kind: "open", streams, description };
}

function bulk(name: string, streams: number, writeSize: number): Workload {
  const over = streams === 1 ? "one stream" : `${streams} streams`;
  const description = `bytes from client to server over ${over}, ${writeSize / KIB} KiB in each write`;
  return { ...nothing, name, kind: "bulk", streams, writeSize, description };
}

function relay(name: string, streams: number, writeSize: number): Workload {
  const what =
    writeSize === 0
      ? "messages of 64 bytes, each answered before the next is sent"
      : `bytes from client to server, ${writeSize / KIB} KiB in each write`;
  const over = streams === 1 ? "one stream" : `${streams} streams`;
  const description = `${what}, over ${over} that a third process relays`;
  return { ...nothing, name, kind: "relay", streams, writeSize, description };
}

function scale(streams: number): Workload {
  const description = `as open-${streams}, while other streams of the same session are open and rest`;
  return { ...nothing, name: `scale-${streams}`, kind: "scale", streams, description };
}

function echo(name: string, payload: number, streams: number): Workload {
  const description = `streams opened, sent ${name} that the server sends back, and closed; ${streams} at a time`;
  return {
    ...nothing,
    name: `echo-${name}-${streams}`,
    kind: "echo",
    streams,
    payload,
    description,
  };
}

/** The work of the server in a workload that has one. */
export function serverKindOf({ kind, writeSize }: Workload): ServerKind {
  if (kind === "relay") return writeSize === 0 ? "messages" : "bulk";
  return kind as ServerKind;
}

/** The length of the rounds. It is the same for all peers. */
export interface Sizes {
  /** Seconds of a round that opens streams, of a round of echoes and of a round of mixed. */
  readonly openSeconds: number;
  readonly bulkBytes: number;
  /** Numbers of other streams that are open in the rounds of scale. */
  readonly others: readonly number[];
}
