// The bar for requests amid bulk bytes: their latency if a multiplexer cost nothing. One connection carries units. A
// unit holds as many bulk bytes as a session hands to its transport at once, and a request after them. The next unit is
// written when the system has taken the one before. A request waits for the next unit.

import type * as net from "node:net";
import { bulkChunks, BulkReader, bulkReply, MessageReader, replyTo, request } from "../payload.ts";
import type { Connection } from "../peer.ts";
import { connectTcp, listenTcp } from "./tcp-connections.ts";

/** Bulk bytes of a unit: the default `transportBudget` of a session. */
const UNIT_BULK = 256 * 1024;

export function serveUnits(): Promise<number> {
  return listenTcp((socket) => {
    let bulk = new BulkReader();
    let message = new MessageReader();
    socket.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; ) {
        const missing = UNIT_BULK - bulk.length;
        const piece = chunk.subarray(at, at + (missing > 0 ? missing : message.missing));
        at += piece.length;
        if (missing > 0) {
          bulk.add(piece);
          continue;
        }
        const body = message.add(piece);
        if (body === undefined) continue;
        socket.write(replyTo(body));
        bulk = new BulkReader();
        message = new MessageReader();
      }
    });
  });
}

/** A unit without a request of the application carries this number instead. */
const FILLER = 0xffff_ffff;

/** A unit that has been written and has no answer yet. */
interface Unit {
  readonly started: number;
  readonly answered: ((reply: Uint8Array) => void) | undefined;
}

export class UnitConnection implements Connection {
  readonly #socket: net.Socket;
  /** Units under way, in their order. */
  readonly #units: Unit[] = [];
  /** Requests that wait for the next unit. */
  readonly #waiting: { body: Uint8Array; answered: (reply: Uint8Array) => void }[] = [];
  #times: number[] = [];

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    let message = new MessageReader();
    socket.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + message.missing);
        at += piece.length;
        const reply = message.add(piece);
        if (reply === undefined) continue;
        message = new MessageReader();
        this.#answer(reply);
      }
    });
  }

  static async to(port: number): Promise<UnitConnection> {
    return new UnitConnection(await connectTcp(port));
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    return new Promise((answered) => this.#waiting.push({ body, answered }));
  }

  /** Sends as many units as are needed for `length` bytes. */
  async upload(length: number): Promise<Uint8Array> {
    for (let sent = 0; sent < length; sent += UNIT_BULK) await this.#write();
    return bulkReply(length);
  }

  hold(): never {
    throw new Error("one connection has no streams to hold");
  }

  drains(): number[] {
    const times = this.#times;
    this.#times = [];
    return times;
  }

  /** Writes one unit; resolves when the system has taken it. */
  #write(): Promise<void> {
    const { body, answered } = this.#waiting.shift() ?? {
      body: request(FILLER),
      answered: undefined,
    };
    this.#units.push({ started: performance.now(), answered });
    this.#socket.cork();
    for (const chunk of bulkChunks(UNIT_BULK, UNIT_BULK)) this.#socket.write(chunk);
    const written = new Promise<void>((resolve) => this.#socket.write(body, () => resolve()));
    this.#socket.uncork();
    return written;
  }

  #answer(reply: Uint8Array): void {
    const { started, answered } = this.#units.shift()!;
    this.#times.push((performance.now() - started) * 1000);
    answered?.(reply);
  }
}
