// The bytes that travel, and the check of every byte. They are the same for all peers, so that no peer is measured with
// less work. A mismatch throws, which ends the process and with it the benchmark.

/** Bytes of a request and of a reply. */
export const MESSAGE_LENGTH = 64;

/** The request with number `n`. Every byte depends on `n`, so that the check finds bytes of another stream. */
export function request(n: number): Uint8Array {
  return message(n, 7);
}

/** Checks a request, and returns the reply to it. */
export function replyTo(body: Uint8Array): Uint8Array {
  const n = numberOf(body);
  check(body, n, 7);
  return message(n, 13);
}

/** Checks the reply to the request with number `n`. */
export function checkReply(body: Uint8Array, n: number): void {
  check(body, n, 13);
}

/** The reply to a bulk transfer. It holds the number of received bytes. {@link checkReply} checks it. */
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

/** Gathers the pieces of one message of a known length. If a message arrives whole, it is passed on without a copy. */
export class MessageReader {
  readonly #length: number;
  #body: Uint8Array | undefined;
  #filled = 0;

  constructor(length: number = MESSAGE_LENGTH) {
    this.#length = length;
  }

  /** Takes the next piece. Returns the message once it is whole. */
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

  /** Number of bytes that are still missing. */
  get missing(): number {
    return this.#length - this.#filled;
  }

  /** The part of the message that has arrived. */
  soFar(): Uint8Array {
    return this.#body?.subarray(0, this.#filled) ?? new Uint8Array(0);
  }

  /** Returns the message, when its sender has half-closed. */
  end(): Uint8Array {
    if (this.#filled !== this.#length) throw new Error("fewer bytes than were sent");
    return this.#body!;
  }
}

/** A prime, so that after a lost or repeated piece of any usual size the rest no longer matches. */
const PERIOD = 65_521;

/** The longest write of a bulk transfer, in bytes. */
const LONGEST_CHUNK = 1024 * 1024;

/** The bulk bytes: a pattern that repeats after {@link PERIOD}. It is long enough for a chunk from any offset. */
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

/** The chunks of a bulk transfer of `length` bytes. Each has `size` bytes; the last has the rest. */
export function* bulkChunks(length: number, size: number): Generator<Uint8Array> {
  for (let at = 0; at < length; at += size) {
    const start = at % PERIOD;
    yield pattern.subarray(start, start + Math.min(size, length - at));
  }
}

/** Checks every byte of one bulk transfer on arrival. */
export class BulkReader {
  /** Number of bytes that have arrived. */
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

/** Decides by its length whether a stream carries a request or a bulk transfer, and checks it. */
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
      // The bytes before this chunk could still have become a request, so only the message reader has them.
      const before = this.#length - chunk.length;
      if (before > 0) this.#bulk.add(this.#message.soFar());
    }
    this.#bulk.add(chunk);
  }

  /** Returns the reply, when the sender has half-closed. */
  end(): Uint8Array {
    return this.#length <= MESSAGE_LENGTH
      ? replyTo(this.#message.end())
      : bulkReply(this.#bulk.length);
  }
}

/** Bytes at the start of an echo's payload that differ in each message. */
const ECHO_NUMBER_LENGTH = 8;

/** The first bytes of an echo's payload, of which each worker has its own copy. All workers share the rest. */
const ECHO_OWN_LENGTH = 64 * 1024;

/** The payloads of successive echoes, all of one length: a number, and the bulk bytes after it. */
export class EchoPayload {
  readonly length: number;
  /** The first write. It is the only one that differs between two messages. */
  readonly #first: Buffer;

  constructor(length: number) {
    this.length = length;
    this.#first = Buffer.from(pattern.subarray(0, Math.min(length, ECHO_OWN_LENGTH)));
  }

  /** Turns it into the payload of message `n`. The message before must have come back, because its bytes change. */
  number(n: number): void {
    const first = this.#first;
    const end = Math.min(first.length, ECHO_NUMBER_LENGTH);
    for (let at = 0, rest = n; at < end; at++, rest = Math.floor(rest / 256))
      first[at] = rest & 0xff;
  }

  /** The writes, in order. */
  *chunks(): Generator<Uint8Array> {
    yield this.#first;
    const rest = this.length - this.#first.length;
    if (rest > 0) yield* bulkChunks(rest, LONGEST_CHUNK);
  }

  /** The expected bytes from `start` on: at most `length`, at least one, and as many as are contiguous in memory. */
  expected(start: number, length: number): Uint8Array {
    const own = this.#first.length;
    if (start < own) return this.#first.subarray(start, Math.min(own, start + length));
    const from = (start - own) % PERIOD;
    return pattern.subarray(from, from + Math.min(length, LONGEST_CHUNK));
  }
}

/** Checks every byte that comes back of an echo. */
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

  /** Whether all bytes have come back. */
  get isWhole(): boolean {
    return this.#length === this.#payload.length;
  }

  /** Called when the sender has half-closed. Throws unless all bytes have come back. */
  end(): void {
    if (!this.isWhole) {
      throw new Error(`${this.#length} bytes came back of ${this.#payload.length}`);
    }
  }
}
