// The format of a recording, and the one place that knows its numbers. Recorder writes it, Recording reads it.
//
// A recording is a header and then entries until the file ends. Numbers are unsigned LEB128: seven bits in a byte,
// the lowest first, the eighth says that more follow; at most 2^53 - 1. Text is a length in bytes and then UTF-8.
//
//   header  "muxrec" in ASCII; the version, one byte, 1; the role of the session, one byte, 0 for the client and 1
//           for the server; the time in microseconds of the session's clock when the session was made, a number;
//           the name of its wire, text; a note of whoever recorded, text.
//   entry   a number: microseconds since the entry before (the first: since the session was made) * 16, + 8 if promise
//           continuations may have run since then, + the kind; and what the kind says:
//             0  the transport gave the session a chunk: its length, a number; its slack, a number; and its bytes
//             1  the session gave the transport a write: its length, a number, and its bytes
//             2  the transport was done with the write under way
//             3  the transport ended
//             4  the transport failed: what its error said, text
//             5  the session ended its direction
//             6  the session gave up the transport
//           Other kinds are errors.
//
// The slack of a chunk is what its memory is longer than the chunk, or the chunk's length + 1 if that is less: it decides
// which chunks a session keeps and which it copies together, and so in what pieces they are read.

/** What the file begins with: the magic and the version. */
export const MAGIC: Uint8Array = /* @__PURE__ */ Uint8Array.of(109, 117, 120, 114, 101, 99);
export const VERSION = 1;

/** Microseconds in a millisecond of the clock. */
export const PER_MILLISECOND = 1000;

/** What the first number of an entry is made of. */
export const TIME_UNIT = 16;
export const TURN_BIT = 8;

/** The kinds by their numbers. */
export const KINDS = ["in", "out", "written", "ended", "failed", "end", "destroy"] as const;

/** The kind of an entry. */
export type RecordingKind = (typeof KINDS)[number];

/** A recording that is none, or is broken. */
export class RecordingError extends Error {
  /** Always "RecordingError". */
  override readonly name: string = "RecordingError";
  /** Where the part begins that cannot be read. Of a file that was cut short, what comes before is a recording. */
  readonly offset: number;

  /** @internal */
  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}

/** Appends a number to `target`. */
export function putNumber(target: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    target.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  target.push(rest);
}

/** Appends a text to `target`. */
export function putText(target: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  putNumber(target, bytes.length);
  for (const byte of bytes) target.push(byte);
}

/** Reads the parts that a recording is made of, one behind the other. */
export class PartReader {
  /** Where the next part begins. */
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Where the part of the file began that an error would be about: the header or an entry. */
  #begin = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, at = 0) {
    this.#bytes = bytes;
    this.at = this.#begin = at;
  }

  /** Whether something follows. What follows is a new part of the file. */
  begin(): boolean {
    this.#begin = this.at;
    return this.at < this.#bytes.length;
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const rest = this.#bytes.length - this.at;
    if (length > rest) throw this.error(`cut short: ${length} bytes should follow, ${rest} do`);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const [byte = 0] = this.bytes(1);
      value += (byte & 0x7f) * unit;
      if (value > Number.MAX_SAFE_INTEGER) throw this.error("a number is too large");
      if (byte < 0x80) return value;
      // A tail of zeros would never get larger.
      if (unit > Number.MAX_SAFE_INTEGER) throw this.error("a number is too long");
    }
  }

  text(): string {
    return new TextDecoder().decode(this.bytes(this.number()));
  }

  error(message: string): RecordingError {
    return new RecordingError(message, this.#begin);
  }
}
