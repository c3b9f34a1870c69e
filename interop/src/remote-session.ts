// The session at the peer's end, as a scenario sees it: what session.* and exchange.* of the peers can do.

import type { Ending } from "./payload.ts";
import type { PeerProcess } from "./peer-process.ts";
import { RemoteStream } from "./remote-stream.ts";

/** How a peer differs from one with its library's defaults. */
export interface PeerOptions {
  /** muxado: streams carry a type. */
  readonly typed?: boolean;
  /** muxado: in milliseconds; implies `typed`. */
  readonly heartbeat?: { readonly interval: number; readonly tolerance: number };
  /** Go and muxado's Rust: streams that may wait to be accepted. */
  readonly backlog?: number;
  /** Rust and JavaScript: streams that may be open at a time. */
  readonly streamLimit?: number;
  /** Go: speak TLS; a client must be given the authority. */
  readonly tls?: boolean;
  readonly authority?: string;
  /** Go: keep the lengths of all writes to the transport. */
  readonly logWrites?: boolean;
  /** yamux but Rust: milliseconds from one ping of its own to the next. Default: it keeps nothing alive. */
  readonly keepAlive?: number;
  /** yamux in Go: the window of a stream, in bytes. */
  readonly window?: number;
  /** yamux in JavaScript: the window that its streams begin with, in bytes. */
  readonly initialWindow?: number;
  /** yamux in Go, in milliseconds: for a write to the transport and for a ping. */
  readonly writeTimeout?: number;
  /** yamux in Go, in milliseconds: for a stream to be acknowledged. */
  readonly openTimeout?: number;
  /** yamux in Go, in milliseconds: for a stream that it has closed to be closed by us. */
  readonly closeTimeout?: number;
}

/** A stream that the peer has echoed to its end. */
export interface Served {
  readonly wireId: number | null;
  readonly type: number | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly end: Ending;
}

/** What the peer's library said of the end of its session; muxado's Rust does not. */
export interface RemoteEnd {
  readonly local: Exclude<Ending, "clean">;
  readonly remote?: Exclude<Ending, "clean">;
  /** In hexadecimal. */
  readonly debug: string;
}

/** Requests of the peer's to us, each on a stream of its own. */
export interface Questions {
  readonly count: number;
  readonly bytes: number;
  readonly seed: number;
  /** Streams at a time. Default: all. */
  readonly together?: number;
  /** Type of the first stream; each further one is one more. */
  readonly type?: number;
}

/** A heartbeat that the peer has made. */
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

  /** From now on it echoes every stream that we open. */
  async serve(): Promise<void> {
    await this.process.call("serve");
  }

  /** Of `serve`: the next stream that has come to its end. */
  async served(): Promise<Served> {
    return (await this.process.next(({ report }) => report === "served")) as unknown as Served;
  }

  /** Asks us, and says how many answers were right, and what was wrong with the others. */
  async ask(questions: Questions): Promise<{ right: number; wrong: string[] }> {
    const answer = await this.process.call("ask", { ...questions });
    return answer as unknown as { right: number; wrong: string[] };
  }

  /** Go: only that. Rust ends its session, having no other GOAWAY; JavaScript closes its streams first. */
  async goAway(code = 0, text = ""): Promise<void> {
    await this.process.call("goAway", { code, text });
  }

  /** Ends the session as an application of the library does: muxado's Rust drops everything, others close. */
  async end(): Promise<void> {
    await this.process.call("end");
  }

  /** All but muxado's Rust: what the library says once the session is over. */
  async ended(): Promise<RemoteEnd> {
    return (await this.process.next(({ report }) => report === "ended")) as unknown as RemoteEnd;
  }

  /** A heartbeat on demand. */
  async beat(): Promise<Beat> {
    return (await this.process.call("beat")) as unknown as Beat;
  }

  /** The next heartbeat that it has made by itself. */
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

  /** The most memory that its process has had, in bytes; 0 where the system does not say. */
  async peakMemory(): Promise<number> {
    return (await this.process.call("memory")).peak as number;
  }

  /** Go, with `logWrites`: the lengths of its writes to the transport since the last call. */
  async writes(): Promise<number[]> {
    return (await this.process.call("writes")).lengths as number[];
  }
}
