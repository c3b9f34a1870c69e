// @libp2p/yamux, the JavaScript Yamux of libp2p, between two sockets of node:net. Its module is loaded only by
// the processes that run it, for nobody else is to carry its weight.

import type { NodePeer } from "../peer.ts";
import type { Style } from "./libp2p-session.ts";

export const libp2pYamux: NodePeer = peer(
  "libp2p-yamux",
  "@libp2p/yamux over node:net: promises and async iteration, no log, stream limits raised",
  { gathers: false, iterates: true },
);

/** Its faster style, as in its own README. */
export const libp2pYamuxEvents: NodePeer = peer("libp2p-yamux-events", "the same with events", {
  gathers: false,
  iterates: false,
});

/** The best that its users could make of it: not a system call for each header and each body. */
export const libp2pYamuxTuned: NodePeer = peer(
  "libp2p-yamux-tuned",
  "with events, over a connection of ours that gathers the frames of several writes",
  { gathers: true, iterates: false },
);

function peer(name: string, description: string, style: Style): NodePeer {
  return {
    name,
    description,
    // It looks for the stream of each frame in a list: twice as many take four times as long.
    idleStreams: 2_000,
    multiplexes: true,
    supports: ({ kind }) => kind === "open" || kind === "bulk" || kind === "idle",
    serve: async (kind) => (await load()).serve(kind, style),
    connect: async (port) => (await load()).connect(port, style),
  };
}

function load(): Promise<typeof import("./libp2p-session.ts")> {
  return import("./libp2p-session.ts");
}
