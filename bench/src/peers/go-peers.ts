// The peers in Go: golang.ngrok.com/muxado/v2, the reference of the muxado protocol, and hashicorp/yamux, the original.
// Both processes run the same program.

import { goBench } from "@muxado/peers";
import type { ProgramPeer } from "../peer.ts";

export const goMuxado: ProgramPeer = {
  program: goBench,
  name: "go-muxado",
  description:
    "golang.ngrok.com/muxado/v2 in Go on both sides: a goroutine for each stream, default options, backlog raised",
  idleStreams: 100_000,
  multiplexes: true,
  supports: () => true,
};

/** The best result that its options allow, without a system call for each header and each body. */
export const goMuxadoTuned: ProgramPeer = {
  ...goMuxado,
  name: "go-muxado-tuned",
  description:
    "the same on one processor, with its window raised, over a connection of ours that gathers and reads ahead",
};

export const goMuxadoTls: ProgramPeer = {
  ...goMuxado,
  name: "go-muxado-tls",
  description: "go-muxado over crypto/tls",
  supports: ({ kind }) => kind === "echo",
};

export const goYamux: ProgramPeer = {
  ...goMuxado,
  name: "go-yamux",
  description:
    "hashicorp/yamux in Go on both sides: a goroutine for each stream, default options, no log",
};

/** The best result that its users could reach: a larger window, and no system call for each header and each body. */
export const goYamuxTuned: ProgramPeer = {
  ...goYamux,
  name: "go-yamux-tuned",
  description:
    "the same on one processor, with its window raised, over a connection of ours that gathers the frames of several writes",
};
