// The peers in Rust: the crates muxado and yamux, on Tokio with its threads. Both processes run the same program.

import { rustBench } from "@muxado/peers";
import type { ProgramPeer } from "../peer.ts";

export const rustMuxado: ProgramPeer = {
  program: rustBench,
  name: "rust-muxado",
  description:
    "the crate muxado in Rust on both sides: a task for each stream, default options, stream limit raised",
  idleStreams: 100_000,
  multiplexes: true,
  // The program has no relay.
  supports: ({ kind }) => kind !== "relay",
};

/** The best result that its users could reach. */
export const rustMuxadoTuned: ProgramPeer = {
  ...rustMuxado,
  name: "rust-muxado-tuned",
  description: "the same on one thread, over a connection of ours that gathers and reads ahead",
};

export const rustYamux: ProgramPeer = {
  ...rustMuxado,
  name: "rust-yamux",
  description:
    "the crate yamux in Rust on both sides: a task for each stream, default options, stream limit raised",
  // At each open the crate counts the unacknowledged streams among all streams: twice as many take four times as long.
  idleStreams: 20_000,
};

/** The best result that its users could reach. */
export const rustYamuxTuned: ProgramPeer = {
  ...rustYamux,
  name: "rust-yamux-tuned",
  description:
    "the same on one thread, with longer frames, over a connection of ours that gathers and reads ahead",
};
