// The format of a recording. Only this file knows its numbers. Recorder writes this format, and Recording reads it.
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

/** The first bytes of the file, and the version after them. */
export const MAGIC: Uint8Array = /* @__PURE__ */ Uint8Array.of(109, 117, 120, 114, 101, 99);
export const VERSION = 1;

/** Microseconds in a millisecond of the clock. */
export const PER_MILLISECOND = 1000;

/** The first number of an entry contains the time in this unit, and the bit for a turn. */
export const TIME_UNIT = 16;
export const TURN_BIT = 8;

/** The kinds by their numbers. */
export const KINDS = ["in", "out", "written", "ended", "failed", "end", "destroy"] as const;

/** The kind of an entry. */
export type RecordingKind = (typeof KINDS)[number];

/** The error for a file that is not a recording, or that is broken. */
export class RecordingError extends Error {
  /** Always "RecordingError". */
  override readonly name: string = "RecordingError";
  /**
   * The offset of the part that could not be read. If the end of the file is missing, the bytes before this part are a
   * valid recording.
   */
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
  /** The offset of the next part. */
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** The offset of the current header or entry of the file. Errors report this offset. */
  #begin = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, at = 0) {
    this.#bytes = bytes;
    this.at = this.#begin = at;
  }

  /** Begins a new header or entry. Returns whether there is one. */
  begin(): boolean {
    this.#begin = this.at;
    return this.at < this.#bytes.length;
  }

  /** Returns a view of the next `length` bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const rest = this.#bytes.length - this.at;
    if (length > rest)
      throw this.error(
        `the recording is not complete: ${length} bytes should follow, but only ${rest} do`,
      );
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
      // If the highest digits of a number are zero, the number itself does not become too large.
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
