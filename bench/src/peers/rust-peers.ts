// The peers in Rust, between two processes of one program: the crates muxado and yamux, on Tokio with its threads.

import { rustBench } from "@muxado/peers";
import type { ProgramPeer } from "../peer.ts";

export const rustMuxado: ProgramPeer = {
  program: rustBench,
  name: "rust-muxado",
  description:
    "the crate muxado in Rust on both sides: a task for each stream, default options, stream limit raised",
  idleStreams: 100_000,
  multiplexes: true,
  supports: () => true,
};

/** The best that its users could make of it. */
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
  // It counts the unacknowledged among all of them at each open: twice as many take four times as long.
  idleStreams: 20_000,
};

/** The best that its users could make of it. */
export const rustYamuxTuned: ProgramPeer = {
  ...rustYamux,
  name: "rust-yamux-tuned",
  description:
    "the same on one thread, with longer frames, over a connection of ours that gathers and reads ahead",
};
