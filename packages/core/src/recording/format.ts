// The format of a recording. Only this file knows its numbers. Recorder writes the format, Recording reads it.
//
// A recording is a header, and then entries until the end of the file. Numbers are unsigned LEB128: each byte has seven
// bits, the lowest first, and the eighth bit is set if more bytes follow; at most 2^53 - 1. Text is a length in bytes
// and then UTF-8.
//
//   header  "muxrec" in ASCII; the version, one byte, 1; the role of the session, one byte, 0 for the client and 1
//           for the server; the time in microseconds of the session's clock when the session was made, a number;
//           the name of its wire, text; a note for readers, text.
//   entry   a number: microseconds since the entry before (the first: since the session was made) * 16, + 8 if promise
//           continuations may have run since then, + the kind; and then, depending on the kind:
//             0  the transport gave the session a chunk: its length, a number; its slack, a number; and its bytes
//             1  the session gave the transport a write: its length, a number, and its bytes
//             2  the transport confirmed the write under way
//             3  the transport ended
//             4  the transport failed: the message of its error, text
//             5  the session ended its direction
//             6  the session gave up the transport
//           Other kinds are errors.
//
// The slack of a chunk is the length by which its memory is longer than the chunk, or the chunk's length + 1 if that is
// less. It decides which chunks a session keeps and which it copies together, and so in what pieces they are read.

/** The magic at the beginning of the file, and the version after it. */
export const MAGIC: Uint8Array = /* @__PURE__ */ Uint8Array.of(109, 117, 120, 114, 101, 99);
export const VERSION = 1;

/** Microseconds in a millisecond of the clock. */
export const PER_MILLISECOND = 1000;

/** The units of the first number of an entry: of its time, and of the bit for a turn. */
export const TIME_UNIT = 16;
export const TURN_BIT = 8;

/** The kinds by their numbers. */
export const KINDS = ["in", "out", "written", "ended", "failed", "end", "destroy"] as const;

/** The kind of an entry. */
export type RecordingKind = (typeof KINDS)[number];

/** The error of a file that is no recording, or that is broken. */
export class RecordingError extends Error {
  /** Always "RecordingError". */
  override readonly name: string = "RecordingError";
  /** Where the unreadable part begins. In a file that was cut short, the bytes before it are a recording. */
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

/** Reads the parts of a recording, one after the other. */
export class PartReader {
  /** Where the next part begins. */
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Where the current header or entry of the file began. Errors report this place. */
  #begin = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, at = 0) {
    this.#bytes = bytes;
    this.at = this.#begin = at;
  }

  /** Begins a new part of the file. Returns whether there is one. */
  begin(): boolean {
    this.#begin = this.at;
    return this.at < this.#bytes.length;
  }

  /** Returns a view of the next `length` bytes. */
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
      // A number with zeros at its end would never become too large.
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
