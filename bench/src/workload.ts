// The workloads: what is done, at which size, and in which unit it counts.

/** What a server is to do with the streams that it gets. */
export type WorkloadKind = "open" | "bulk" | "idle";

export interface Workload {
  /** As the command line and the tables call it. */
  readonly name: string;
  readonly kind: WorkloadKind;
  /** Streams at the same time. Idle: while the streams are being opened. */
  readonly streams: number;
  /** Bytes in each write of a bulk transfer. */
  readonly writeSize: number;
  readonly description: string;
}

const KIB = 1024;

/** Bytes that an application with plenty to send hands over at once: raw TCP is at its best with it. */
const LARGE_WRITE = 1024 * KIB;

/** Bytes that a file stream of Node's reads at once, and so what most applications write. */
const USUAL_WRITE = 64 * KIB;

export const workloads: readonly Workload[] = [
  open(1),
  open(64),
  open(256),
  bulk("bulk-1", 1, LARGE_WRITE),
  bulk("bulk-64", 64, LARGE_WRITE),
  bulk("bulk-1-piped", 1, USUAL_WRITE),
  {
    name: "idle",
    kind: "idle",
    streams: 64,
    writeSize: 0,
    description: "memory of one open stream that has carried 64 bytes each way and now rests",
  },
];

function open(streams: number): Workload {
  const description = `streams opened, used for 64 bytes each way and closed; ${streams} at a time`;
  return { name: `open-${streams}`, kind: "open", streams, writeSize: 0, description };
}

function bulk(name: string, streams: number, writeSize: number): Workload {
  const over = streams === 1 ? "one stream" : `${streams} streams`;
  const description = `bytes from client to server over ${over}, ${writeSize / KIB} KiB in each write`;
  return { name, kind: "bulk", streams, writeSize, description };
}

/** How long the rounds are; the same for all peers. */
export interface Sizes {
  readonly openSeconds: number;
  readonly bulkBytes: number;
}
