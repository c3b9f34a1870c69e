// @libp2p/yamux, the JavaScript Yamux of libp2p, between two sockets of node:net. Only the processes that run it load
// its module, so that it costs the other processes nothing.

import type { NodePeer } from "../peer.ts";
import type { Style } from "./libp2p-session.ts";

export const libp2pYamux: NodePeer = peer(
  "libp2p-yamux",
  "@libp2p/yamux over node:net: promises and async iteration, no log, stream limits raised",
  { gathers: false, iterates: true },
);

/** Its faster style, as its own README shows it. */
export const libp2pYamuxEvents: NodePeer = peer("libp2p-yamux-events", "the same with events", {
  gathers: false,
  iterates: false,
});

/** The best result that its users could reach: no system call for each header and each body. */
export const libp2pYamuxTuned: NodePeer = peer(
  "libp2p-yamux-tuned",
  "with events, over a connection of ours that gathers the frames of several writes",
  { gathers: true, iterates: false },
);

function peer(name: string, description: string, style: Style): NodePeer {
  return {
    name,
    description,
    // The library searches a list for the stream of each frame: twice as many streams take four times as long.
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
