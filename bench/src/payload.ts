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

  /** Bytes that are still to come. */
  get missing(): number {
    return this.#length - this.#filled;
  }

  /** The part of the message that has come. */
  soFar(): Uint8Array {
    return this.#body?.subarray(0, this.#filled) ?? new Uint8Array(0);
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

/** Tells by its length whether what a stream carries is a request or a bulk transfer, and checks it. */
export class MixedReader {
  readonly #message = new MessageReader();
  readonly #bulk = new BulkReader();
  #length = 0;

  add(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length <= MESSAGE_LENGTH) {
      this.#message.add(chunk);
      return;
    }
    if (this.#bulk.length === 0) {
      // What had come before could still have become a request.
      const before = this.#length - chunk.length;
      if (before > 0) this.#bulk.add(this.#message.soFar());
    }
    this.#bulk.add(chunk);
  }

  /** The reply, when the sender says that this was all. */
  end(): Uint8Array {
    return this.#length <= MESSAGE_LENGTH
      ? replyTo(this.#message.end())
      : bulkReply(this.#bulk.length);
  }
}

/** Bytes at the start of an echo's payload that are different in each message. */
const ECHO_NUMBER_LENGTH = 8;

/** The part of an echo's payload that each worker has for itself, in bytes; what follows is common to all. */
const ECHO_OWN_LENGTH = 64 * 1024;

/** The payloads of echoes that follow one another, all of one length: the bulk bytes behind a number. */
export class EchoPayload {
  readonly length: number;
  /** The first write; the only one that differs between two messages. */
  readonly #first: Buffer;

  constructor(length: number) {
    this.length = length;
    this.#first = Buffer.from(pattern.subarray(0, Math.min(length, ECHO_OWN_LENGTH)));
  }

  /** Makes it that of message `n`. The one before must have come back: its bytes change. */
  number(n: number): void {
    const first = this.#first;
    const end = Math.min(first.length, ECHO_NUMBER_LENGTH);
    for (let at = 0, rest = n; at < end; at++, rest = Math.floor(rest / 256))
      first[at] = rest & 0xff;
  }

  /** What to write, one after the other. */
  *chunks(): Generator<Uint8Array> {
    yield this.#first;
    const rest = this.length - this.#first.length;
    if (rest > 0) yield* bulkChunks(rest, LONGEST_CHUNK);
  }

  /** The bytes at `start`, at least one of them and as many as lie together, at most `length`. */
  expected(start: number, length: number): Uint8Array {
    const own = this.#first.length;
    if (start < own) return this.#first.subarray(start, Math.min(own, start + length));
    const from = (start - own) % PERIOD;
    return pattern.subarray(from, from + Math.min(length, LONGEST_CHUNK));
  }
}

/** Checks what comes back of an echo, each byte of it. */
export class EchoReader {
  readonly #payload: EchoPayload;
  #length = 0;

  constructor(payload: EchoPayload) {
    this.#payload = payload;
  }

  add(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#payload.length) {
      throw new Error("more bytes came back than were sent");
    }
    for (let at = 0; at < chunk.length; ) {
      const expected = this.#payload.expected(this.#length, chunk.length - at);
      if (Buffer.compare(expected, chunk.subarray(at, at + expected.length)) !== 0) {
        throw new Error(`echoed bytes differ from offset ${this.#length} on`);
      }
      at += expected.length;
      this.#length += expected.length;
    }
  }

  /** Whether all has come back. */
  get isWhole(): boolean {
    return this.#length === this.#payload.length;
  }

  /** Throws unless all has come back, when the sender says that this was all. */
  end(): void {
    if (!this.isWhole) {
      throw new Error(`${this.#length} bytes came back of ${this.#payload.length}`);
    }
  }
}
