// What travels, and the check of every byte of it. The same for all peers, so that nobody is measured with
// less work; a mismatch throws, which ends the process and with it the benchmark.

/** Bytes of a request and of a reply. */
export const MESSAGE_LENGTH = 64;

/** The request with number `n`. Every byte depends on `n`, so that a stream cannot get another's bytes unnoticed. */
export function request(n: number): Uint8Array {
  return message(n, 7);
}

/** Checks a request, and makes the reply to it. */
export function replyTo(body: Uint8Array): Uint8Array {
  const n = numberOf(body);
  check(body, n, 7);
  return message(n, 13);
}

/** Checks the reply to the request with number `n`. */
export function checkReply(body: Uint8Array, n: number): void {
  check(body, n, 13);
}

/** The reply to a bulk transfer: says how many bytes came. Checked by {@link checkReply}. */
export function bulkReply(length: number): Uint8Array {
  return message(length >>> 0, 13);
}

function message(n: number, step: number): Uint8Array {
  const body = new Uint8Array(MESSAGE_LENGTH);
  const seed = folded(n);
  for (let at = 0; at < 4; at++) body[at] = n >>> (at * 8);
  for (let at = 4; at < MESSAGE_LENGTH; at++) body[at] = seed + at * step;
  return body;
}

function numberOf(body: Uint8Array): number {
  return (body[0]! | (body[1]! << 8) | (body[2]! << 16) | (body[3]! << 24)) >>> 0;
}

/** One byte that depends on every bit of `n`. */
function folded(n: number): number {
  return (n ^ (n >>> 8) ^ (n >>> 16) ^ (n >>> 24)) & 0xff;
}

function check(body: Uint8Array, n: number, step: number): void {
  const seed = folded(n);
  let wrong = body.length !== MESSAGE_LENGTH || numberOf(body) !== n >>> 0;
  for (let at = 4; at < MESSAGE_LENGTH; at++) wrong ||= body[at] !== ((seed + at * step) & 0xff);
  if (wrong) throw new Error(`message ${n} has arrived as ${body.join(" ")}`);
}

/** Gathers the pieces in which one message of a known length arrives. Whole ones are passed on as they are. */
export class MessageReader {
  readonly #length: number;
  #body: Uint8Array | undefined;
  #filled = 0;

  constructor(length: number = MESSAGE_LENGTH) {
    this.#length = length;
  }

  /** Takes the next piece; the message once it is whole. */
  add(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#filled + chunk.length > this.#length) throw new Error("more bytes than were sent");
    if (this.#filled === 0 && chunk.length === this.#length) {
      this.#filled = chunk.length;
      this.#body = chunk;
      return chunk;
    }
    this.#body ??= new Uint8Array(this.#length);
    this.#body.set(chunk, this.#filled);
    this.#filled += chunk.length;
    return this.#filled === this.#length ? this.#body : undefined;
  }

  /** The message, when its sender says that this was all. */
  end(): Uint8Array {
    if (this.#filled !== this.#length) throw new Error("fewer bytes than were sent");
    return this.#body!;
  }
}

/** A prime, so that a lost or repeated piece of any usual size shifts what follows. */
const PERIOD = 65_521;

/** The longest write of a bulk transfer, in bytes. */
const LONGEST_CHUNK = 1024 * 1024;

/** The bulk bytes: a pattern that repeats after {@link PERIOD}, long enough for a chunk from anywhere in it. */
const pattern: Buffer = (() => {
  const bytes = Buffer.alloc(PERIOD + LONGEST_CHUNK);
  let state = 1;
  for (let at = 0; at < PERIOD; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[at] = state >>> 24;
  }
  for (let at = PERIOD; at < bytes.length; at++) bytes[at] = bytes[at - PERIOD]!;
  return bytes;
})();

/** The chunks of a bulk transfer of `length` bytes, each of `size` bytes and the last one of what is left. */
export function* bulkChunks(length: number, size: number): Generator<Uint8Array> {
  for (let at = 0; at < length; at += size) {
    const start = at % PERIOD;
    yield pattern.subarray(start, start + Math.min(size, length - at));
  }
}

/** Checks the bytes of one bulk transfer as they arrive, each of them. */
export class BulkReader {
  /** Bytes that have arrived. */
  length = 0;

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const end = Math.min(chunk.length, at + LONGEST_CHUNK);
      const start = this.length % PERIOD;
      if (pattern.compare(chunk, at, end, start, start + end - at) !== 0) {
        throw new Error(`bulk bytes differ from offset ${this.length} on`);
      }
      this.length += end - at;
      at = end;
    }
  }
}
