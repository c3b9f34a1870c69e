// A stream at the peer's end, as a scenario uses it: the commands stream.* of the peers.

import type { Digest, Ending } from "./payload.ts";
import type { PeerProcess, Report } from "./peer-process.ts";

/** The pace at which a peer writes or reads. */
export interface Pace {
  /** Rust: report when the operation waits for the first time. */
  readonly announce?: boolean;
  /** Bytes of each call to its library. */
  readonly piece?: number;
  /** Milliseconds between two calls. */
  readonly pause?: number;
}

/** The bytes that a peer writes: exact bytes, or payload. */
export type Writing =
  | { readonly hex: string; readonly deadline?: number }
  | (Pace & { readonly bytes: number; readonly seed: number; readonly deadline?: number });

/** A stream at the peer's end. */
export class RemoteStream {
  /** Its id on the wire. Null for muxado's Rust, which does not reveal it. */
  readonly wireId: number | null;
  /** Its type, if a session with types has accepted it. */
  readonly type: number | null;
  readonly #process: PeerProcess;
  readonly #stream: unknown;

  constructor(process: PeerProcess, opened: Report) {
    this.#process = process;
    this.#stream = opened.stream;
    this.wireId = opened.wireId as number | null;
    this.type = (opened.type as number | undefined) ?? null;
  }

  /** Writes until all bytes are written or the library reports an error. Returns how many bytes it wrote. */
  async write(writing: Writing): Promise<Digest> {
    return (await this.#call("write", { ...writing })) as unknown as Digest;
  }

  /** One read. Returns its bytes in hexadecimal, and how the stream ended if this read reported the end. */
  async read(max = 65_536): Promise<{ hex: string; end?: Ending }> {
    return (await this.#call("read", { max })) as unknown as { hex: string; end?: Ending };
  }

  /** Reads until the stream ends, cleanly or with an error. */
  async receive(pace: Pace = {}): Promise<Digest> {
    return (await this.#call("receive", { ...pace })) as unknown as Digest;
  }

  /** Sends back all bytes that arrive, until the end. */
  async echo(): Promise<Digest> {
    return (await this.#call("echo")) as unknown as Digest;
  }

  /** Rust, with `announce`: resolves when the operation waits for the other end. */
  async waiting(verb: "write" | "receive"): Promise<void> {
    await this.#process.next(
      ({ report, stream, do: what }) =>
        report === "waiting" && stream === this.#stream && what === verb,
    );
  }

  async closeWrite(): Promise<void> {
    await this.#call("closeWrite");
  }

  /** Closes in Go, drops in Rust, and closes both directions in JavaScript. */
  async close(): Promise<void> {
    await this.#call("close");
  }

  /** yamux but Go: ends both directions at once. */
  async reset(): Promise<void> {
    await this.#call("reset");
  }

  /** JavaScript: reads nothing and returns no credit until {@link resume}. */
  async pause(): Promise<void> {
    await this.#call("pause");
  }

  async resume(): Promise<void> {
    await this.#call("resume");
  }

  #call(verb: string, fields: Report = {}): Promise<Report> {
    return this.#process.call(verb, { stream: this.#stream, ...fields });
  }
}
