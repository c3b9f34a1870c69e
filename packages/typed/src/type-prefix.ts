// The type at the beginning of a stream: four bytes, big-endian. This file reads the types of the peer's streams in
// parallel, so that a silent stream does not delay other streams. It does not know the meaning of a type. Spec §9.1.

import { type Clock, MuxadoError, type Stream, type StreamObserver } from "@muxado/core";
import { Deadlines, tell } from "@muxado/core/layers";

/** Length of a type on the wire, in bytes. */
const LENGTH = 4;

/** The highest type. */
export const MAX_TYPE = 0xffffffff;

/** Returns the first bytes of a stream of type `type`. */
export function prefixOf(type: number): Uint8Array {
  return Uint8Array.of(type >>> 24, type >>> 16, type >>> 8, type);
}

/** Options of a {@link TypeReader}. */
export interface TypeReaderOptions {
  readonly clock: Clock;
  /** Milliseconds from the accept of a stream until its type must have arrived. */
  readonly timeout: number;
  /** Streams that may wait for their type at once. */
  readonly backlog: number;
  /** Called when the type of a stream has arrived. The bytes after it belong to the application. */
  readonly onTyped: (stream: Stream, type: number) => void;
  /** Called when a stream has been refused because its type did not arrive. */
  readonly onRefused: ((error: MuxadoError) => void) | undefined;
}

/** Reads the types of the streams that the peer opens. */
export class TypeReader {
  readonly #options: TypeReaderOptions;
  readonly #waiting: Deadlines<Prefix>;

  constructor(options: TypeReaderOptions) {
    const { clock, timeout } = options;
    this.#options = options;
    this.#waiting = new Deadlines(clock, timeout, ({ stream }) => {
      stream.observe(undefined);
      this.#refuse(stream, `it has not arrived within ${timeout} ms`);
    });
  }

  /** Reads the type of `stream`, at once if it has arrived. */
  read(stream: Stream): void {
    const { backlog } = this.#options;
    const prefix = new Prefix(stream, this);
    if (this.proceed(prefix)) return;
    if (this.#waiting.size >= backlog) {
      this.#refuse(
        stream,
        `it has not arrived, and ${backlog} other streams also wait for their type`,
      );
      return;
    }
    this.#waiting.add(prefix);
    stream.observe(prefix);
  }

  /** Takes the bytes of a type that have arrived. Returns true when there is nothing more to wait for. */
  proceed(prefix: Prefix): boolean {
    const { stream } = prefix;
    const outcome = prefix.take();
    if (outcome === "incomplete") return false;
    if (this.#waiting.delete(prefix)) stream.observe(undefined);
    if (outcome === "complete") this.#options.onTyped(stream, prefix.type);
    // The end of the session needs no refusal, because it ends all streams and the session reports it.
    else if (stream.error?.scope !== "session") {
      this.#refuse(stream, "the stream ended before its type arrived");
    }
    return true;
  }

  /** Stops waiting for types, because the session is over. Its streams have reported this. */
  end(): void {
    this.#waiting.clear();
  }

  #refuse(stream: Stream, detail: string): void {
    const { onRefused } = this.#options;
    const cause = onRefused && stream.error;
    stream.refuse();
    if (onRefused === undefined) return;
    const about = { code: "TYPE_MISSING", scope: "stream", origin: "remote" } as const;
    const error = new MuxadoError({ ...about, streamId: stream.id, detail, cause });
    tell(() => onRefused(error));
  }
}

/** A type whose bytes have not all arrived. */
class Prefix implements StreamObserver {
  readonly stream: Stream;
  /** The bytes of the type that have arrived, as a number. */
  type = 0;
  readonly #reader: TypeReader;
  #missing = LENGTH;

  constructor(stream: Stream, reader: TypeReader) {
    this.stream = stream;
    this.#reader = reader;
  }

  /** Takes the bytes of the type that have arrived, and none of the bytes after it. */
  take(): "complete" | "incomplete" | "ended" {
    while (this.#missing > 0) {
      let part: Uint8Array | null | undefined;
      try {
        part = this.stream.take(this.#missing);
      } catch {
        return "ended";
      }
      if (part === undefined) return "incomplete";
      if (part === null) return "ended";
      for (const byte of part) this.type = this.type * 256 + byte;
      this.#missing -= part.length;
    }
    return "complete";
  }

  onReadable(): void {
    this.#reader.proceed(this);
  }

  onWritable(): void {}
}
