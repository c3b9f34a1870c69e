// The session at the peer's end, as a scenario sees it: what the peers' session.go, session.rs and exchange.* can do.

import type { Ending } from "./payload.ts";
import type { PeerProcess } from "./peer-process.ts";
import { RemoteStream } from "./remote-stream.ts";

/** How a peer differs from one with its library's defaults. */
export interface PeerOptions {
  /** Streams carry a type. */
  readonly typed?: boolean;
  /** In milliseconds; implies `typed`. */
  readonly heartbeat?: { readonly interval: number; readonly tolerance: number };
  /** Streams that may wait to be accepted. */
  readonly backlog?: number;
  /** Rust: streams that may be open at a time. */
  readonly streamLimit?: number;
  /** Go: speak TLS; a client must be given the authority. */
  readonly tls?: boolean;
  readonly authority?: string;
  /** Go: keep the lengths of all writes to the transport. */
  readonly logWrites?: boolean;
}

/** A stream that the peer has echoed to its end. */
export interface Served {
  readonly wireId: number | null;
  readonly type: number | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly end: Ending;
}

/** What the peer's library said of the end of its session. Go only. */
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

  /** Go: only that. Rust: ends its session, having no other GOAWAY. */
  async goAway(code = 0, text = ""): Promise<void> {
    await this.process.call("goAway", { code, text });
  }

  /** Ends the session as an application of the library does: Close in Go, dropping everything in Rust. */
  async end(): Promise<void> {
    await this.process.call("end");
  }

  /** Go: what its library says once the session is over. */
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

  /** The most memory that its process has had, in bytes; 0 where the system does not say. */
  async peakMemory(): Promise<number> {
    return (await this.process.call("memory")).peak as number;
  }

  /** Go, with `logWrites`: the lengths of its writes to the transport since the last call. */
  async writes(): Promise<number[]> {
    return (await this.process.call("writes")).lengths as number[];
  }
}
