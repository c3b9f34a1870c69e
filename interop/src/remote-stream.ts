// A stream at the peer's end, as a scenario sees it: what stream.* of the peers can do.

import type { Digest, Ending } from "./payload.ts";
import type { PeerProcess, Report } from "./peer-process.ts";

/** How a peer is to write or to read. */
export interface Pace {
  /** Rust: report when it waits for the first time. */
  readonly announce?: boolean;
  /** Bytes of each call of its library. */
  readonly piece?: number;
  /** Milliseconds between the calls. */
  readonly pause?: number;
}

/** What a peer is to write: exact bytes, or payload. */
export type Writing =
  | { readonly hex: string; readonly deadline?: number }
  | (Pace & { readonly bytes: number; readonly seed: number; readonly deadline?: number });

/** A stream at the peer's end. */
export class RemoteStream {
  /** Its id on the wire; null for muxado's Rust, which does not tell. */
  readonly wireId: number | null;
  /** Its type, if it was accepted by a session with types. */
  readonly type: number | null;
  readonly #process: PeerProcess;
  readonly #stream: unknown;

  constructor(process: PeerProcess, opened: Report) {
    this.#process = process;
    this.#stream = opened.stream;
    this.wireId = opened.wireId as number | null;
    this.type = (opened.type as number | undefined) ?? null;
  }

  /** Writes until all is written or the library reports an error; says how far it came. */
  async write(writing: Writing): Promise<Digest> {
    return (await this.#call("write", { ...writing })) as unknown as Digest;
  }

  /** One read: bytes in hexadecimal, and how the stream ended, if this read said so. */
  async read(max = 65_536): Promise<{ hex: string; end?: Ending }> {
    return (await this.#call("read", { max })) as unknown as { hex: string; end?: Ending };
  }

  /** Reads to the end, however it comes. */
  async receive(pace: Pace = {}): Promise<Digest> {
    return (await this.#call("receive", { ...pace })) as unknown as Digest;
  }

  /** Sends back what comes, to the end. */
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

  /** Close in Go, dropping in Rust, closing both directions in JavaScript. */
  async close(): Promise<void> {
    await this.#call("close");
  }

  /** yamux but Go: ends both directions at once. */
  async reset(): Promise<void> {
    await this.#call("reset");
  }

  /** JavaScript: nothing is read, and no credit returned, until {@link resume}. */
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
