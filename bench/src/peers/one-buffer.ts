// Sockets that read into one buffer, which they use again for each read: Node's option `onread`. Without it, Node makes
// new memory for each read, and the processor spends most of its time there. These are the bars for whoever can give
// the memory back.

import * as net from "node:net";
import { BulkReader, bulkReply, MessageReader } from "../payload.ts";
import type { Connection, NodePeer } from "../peer.ts";
import type { ServerKind } from "../workload.ts";
import { type Dial, EchoPool } from "./echo-pool.ts";
import { writeBulk } from "./node-streams.ts";

/** The length of the buffer, in bytes. A longer one no longer fits into the caches, and is slower. */
const LENGTH = 64 * 1024;

/**
 * Takes the bytes of one read, which the next read overwrites. The socket reads on if it returns true, else after
 * `resume`.
 */
export type Receive = (chunk: Buffer) => boolean;

/** The value of the option. */
export function intoOneBuffer(receive: Receive): net.OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(LENGTH);
  return { buffer, callback: (length) => receive(buffer.subarray(0, length)) };
}

/**
 * Makes a socket on the handle of another one, which must not be used any more. The servers of Node hand out sockets
 * that are made already, and have no such option. The option of a new socket does work on the handle of an accepted
 * one, of TCP and of TLS, from Node 20 to 26.
 * @param startsOn returns what the new socket shall do with the bytes that it reads
 */
export function replace(socket: net.Socket, startsOn: (socket: net.Socket) => Receive): void {
  const { _handle: handle } = socket as unknown as { _handle: object };
  const onread = intoOneBuffer((chunk) => receive(chunk));
  const options: object = { handle, onread, allowHalfOpen: true };
  const receive = startsOn(new net.Socket(options));
}

/** How the sockets of a peer are made. */
export interface Sockets {
  /** Resolves when the connection is established. */
  readonly dial: (port: number, receive: Receive) => Promise<net.Socket>;
  /** Serves connections on a free port, which it returns. */
  readonly listen: (startsOn: (socket: net.Socket) => Receive) => Promise<number>;
}

/** A peer whose sockets all have one buffer. */
export function oneBuffer(
  { dial, listen }: Sockets,
  traits: Pick<NodePeer, "name" | "description">,
): NodePeer {
  return {
    ...traits,
    idleStreams: 0,
    multiplexes: false,
    supports: ({ kind, streams }) => kind === "bulk" || (kind === "echo" && streams === 1),
    serve: (kind) => listen(handlers[kind]!),
    async connect(port, kind) {
      const connected: Dial = (receive) => dial(port, always(receive));
      return kind === "echo" ? new EchoPool(connected) : new Uploads(connected);
    },
  };
}

/** For those who never have to wait. */
function always(receive: (chunk: Buffer) => void): Receive {
  return (chunk) => {
    receive(chunk);
    return true;
  };
}

const handlers: Partial<Record<ServerKind, (socket: net.Socket) => Receive>> = {
  bulk(socket) {
    const bulk = new BulkReader();
    socket.on("end", () => socket.end(bulkReply(bulk.length)));
    return always((chunk) => bulk.add(chunk));
  },

  /**
   * Reads on once all is written. Over TCP, a write mostly is done at once. Over TLS none is, but its bytes are
   * encrypted at once; and what one read of the system has brought is handed over to its end, even to a paused socket.
   * Such a chunk would have to wait in the buffer for the writes before it, so it is copied.
   */
  echo(socket) {
    const resume = (): unknown => socket.resume();
    socket.on("end", () => socket.end());
    return (chunk) => {
      socket.write(socket.writableLength === 0 ? chunk : Buffer.from(chunk), resume);
      return socket.writableLength === 0;
    };
  },
};

/** Makes a connection for each bulk transfer. */
export class Uploads implements Connection {
  readonly #dial: Dial;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    // The reply may stay where it has been read, since nothing comes after it.
    const reply = new MessageReader();
    const socket = await this.#dial((chunk) => reply.add(chunk));
    const ended = new Promise((resolve) => socket.once("end", resolve));
    await writeBulk(socket, length, size);
    await ended;
    return reply.end();
  }

  exchange(): never {
    throw new Error("only uploads");
  }

  hold(): never {
    throw new Error("only uploads");
  }
}
