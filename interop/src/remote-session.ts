// The session at the peer's end, as a scenario uses it: the commands session.* and exchange.* of the peers.

import type { Ending } from "./payload.ts";
import type { PeerProcess } from "./peer-process.ts";
import { RemoteStream } from "./remote-stream.ts";

/** The differences between a peer and one with the defaults of its library. */
export interface PeerOptions {
  /** muxado: whether streams carry a type. */
  readonly typed?: boolean;
  /** muxado: in milliseconds; implies `typed`. */
  readonly heartbeat?: { readonly interval: number; readonly tolerance: number };
  /** Go and muxado's Rust: number of streams that may wait to be accepted. */
  readonly backlog?: number;
  /** Rust and JavaScript: number of streams that may be open at a time. */
  readonly streamLimit?: number;
  /** Go: use TLS. A client needs the authority. */
  readonly tls?: boolean;
  readonly authority?: string;
  /** Go: record the lengths of all writes to the transport. */
  readonly logWrites?: boolean;
  /** yamux but Rust: milliseconds between two pings of its own. Default: it sends no such pings. */
  readonly keepAlive?: number;
  /** yamux in Go: the window of a stream, in bytes. */
  readonly window?: number;
  /** yamux in JavaScript: the window with which its streams begin, in bytes. */
  readonly initialWindow?: number;
  /** yamux in Go: milliseconds allowed for a write to the transport, and for a ping. */
  readonly writeTimeout?: number;
  /** yamux in Go: milliseconds in which we must acknowledge a stream. */
  readonly openTimeout?: number;
  /** yamux in Go: milliseconds in which we must close a stream that the peer has closed. */
  readonly closeTimeout?: number;
}

/** A stream that the peer has echoed until its end. */
export interface Served {
  readonly wireId: number | null;
  readonly type: number | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly end: Ending;
}

/** The peer's library on the end of its session. muxado's Rust does not report it. */
export interface RemoteEnd {
  readonly local: Exclude<Ending, "clean">;
  readonly remote?: Exclude<Ending, "clean">;
  /** In hexadecimal. */
  readonly debug: string;
}

/** Requests that the peer sends to us, each on a stream of its own. */
export interface Questions {
  readonly count: number;
  readonly bytes: number;
  readonly seed: number;
  /** Number of streams at a time. Default: all. */
  readonly together?: number;
  /** Type of the first stream. Each further stream has the next number. */
  readonly type?: number;
}

/** One heartbeat of the peer. */
export interface Beat {
  readonly ok: boolean;
  readonly microseconds: number;
}

/** The session at the peer's end. */
export class RemoteSession {
  readonly process: PeerProcess;

  constructor(process: PeerProcess) {
    this.process = process;
  }

  async open(type = 0): Promise<RemoteStream> {
    return new RemoteStream(this.process, await this.process.call("open", { type }));
  }

  async accept(): Promise<RemoteStream> {
    return new RemoteStream(this.process, await this.process.call("accept"));
  }

  /** From now on, the peer echoes every stream that we open. */
  async serve(): Promise<void> {
    await this.process.call("serve");
  }

  /** After `serve`: the next stream that has ended. */
  async served(): Promise<Served> {
    return (await this.process.next(({ report }) => report === "served")) as unknown as Served;
  }

  /** Makes the peer send us requests. Returns how many answers were right, and the errors in the others. */
  async ask(questions: Questions): Promise<{ right: number; wrong: string[] }> {
    const answer = await this.process.call("ask", { ...questions });
    return answer as unknown as { right: number; wrong: string[] };
  }

  /**
   * Sends a GOAWAY. Go does only that. Rust ends its session, because it has no other GOAWAY. JavaScript closes its
   * streams first.
   */
  async goAway(code = 0, text = ""): Promise<void> {
    await this.process.call("goAway", { code, text });
  }

  /** Ends the session in the way of the library's applications. muxado's Rust drops everything, others close. */
  async end(): Promise<void> {
    await this.process.call("end");
  }

  /** All but muxado's Rust: the report of the library when the session has ended. */
  async ended(): Promise<RemoteEnd> {
    return (await this.process.next(({ report }) => report === "ended")) as unknown as RemoteEnd;
  }

  /** A heartbeat on demand. */
  async beat(): Promise<Beat> {
    return (await this.process.call("beat")) as unknown as Beat;
  }

  /** The next heartbeat that the peer makes by itself. */
  async nextBeat(): Promise<Beat> {
    return (await this.process.next(({ report }) => report === "beat")) as unknown as Beat;
  }

  async setBeat(interval: number, tolerance: number): Promise<void> {
    await this.process.call("setBeat", { interval, tolerance });
  }

  /** yamux but Rust: the round trip of a ping, in microseconds. */
  async ping(): Promise<number> {
    return (await this.process.call("ping")).microseconds as number;
  }

  /** The peak memory of the peer's process, in bytes. 0 where the system does not report it. */
  async peakMemory(): Promise<number> {
    return (await this.process.call("memory")).peak as number;
  }

  /** Go, with `logWrites`: the lengths of its writes to the transport since the last call. */
  async writes(): Promise<number[]> {
    return (await this.process.call("writes")).lengths as number[];
  }
}
