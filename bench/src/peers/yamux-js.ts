// yamux-js, used as its README shows: a Duplex for each stream, and the session piped through a socket. It supports
// only idle. It ignores a FIN, so no side learns that a stream has ended, and the session never forgets a stream. When
// a frame arrives in two pieces, it drops the first, which ends every bulk transfer.

import type { Duplex } from "node:stream";
import { Client, Server } from "yamux-js";
import { replyTo } from "../payload.ts";
import type { Connection, NodePeer } from "../peer.ts";
import { readFirst } from "./node-streams.ts";
import { connectTcp, listenTcp } from "./tcp-connections.ts";

export const yamuxJs: NodePeer = {
  name: "yamux-js",
  description: "yamux-js over node:net: Duplexes; cannot tell that a stream has ended: idle only",
  idleStreams: 10_000,
  multiplexes: true,
  supports: ({ kind }) => kind === "idle",
  serve: () =>
    listenTcp((socket) => {
      const session = new Server((stream) => void rest(stream), config);
      session.pipe(socket).pipe(session);
    }),
  async connect(port) {
    const socket = await connectTcp(port);
    const session = new Client(config);
    session.pipe(socket).pipe(session);
    return new YamuxJsConnection(session);
  },
};

/** The backlog counts all existing streams. With the default of 256, the session refuses the idle streams. */
const config = { acceptBacklog: 1_000_000 };

async function rest(stream: Duplex): Promise<void> {
  stream.write(replyTo(await readFirst(stream)));
}

class YamuxJsConnection implements Connection {
  readonly #session: Client;

  constructor(session: Client) {
    this.#session = session;
  }

  /** The session keeps a reference to the stream. */
  hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.open();
    stream.write(body);
    return readFirst(stream);
  }

  exchange(): never {
    throw new Error("only idle");
  }

  upload(): never {
    throw new Error("only idle");
  }
}
