// Many bytes each way, compared by their checksums.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Bytes of a piece, and number of pieces: 50 MB in all. */
const PIECE = 1_000_000;
const PIECES = 50;

/** Sends every piece and compares the answers. For libraries with questions and answers. */
export async function exchangePieces(
  exchange: (piece: Buffer) => Promise<Uint8Array>,
): Promise<string> {
  const sent = createHash("sha256");
  const received = createHash("sha256");
  for (const piece of pieces()) {
    sent.update(piece);
    received.update(await exchange(piece));
  }
  assert.equal(received.digest("hex"), sent.digest("hex"));
  return note();
}

/** Sends all pieces as one body to a peer that sends it back, and compares the result. */
export async function exchangeWhole(
  exchange: (body: Readable) => Promise<AsyncIterable<Uint8Array>>,
): Promise<string> {
  const sent = createHash("sha256");
  const received = createHash("sha256");
  const body = Readable.from(hashed(sent), { objectMode: false });
  for await (const chunk of await exchange(body)) received.update(chunk);
  assert.equal(received.digest("hex"), sent.digest("hex"));
  return note();
}

/** The same through a Duplex. Its other end sends everything back, and ends when it has received all. */
export function exchangeThrough(duplex: Duplex): Promise<string> {
  return exchangeWhole(async (body) => {
    const sending = pipeline(body, duplex);
    sending.catch(() => {}); // reading fails with the error as well
    return duplex;
  });
}

/** Yields distinct pieces, which cannot be compressed. */
function* pieces(): Generator<Buffer> {
  const noise = randomBytes(PIECE);
  for (let n = 0; n < PIECES; n++) {
    const piece = Buffer.from(noise);
    piece.writeUInt32BE(n);
    yield piece;
  }
}

function* hashed(sum: ReturnType<typeof createHash>): Generator<Buffer> {
  for (const piece of pieces()) {
    sum.update(piece);
    yield piece;
  }
}

function note(): string {
  return `${(PIECE * PIECES) / 1_000_000} MB each way`;
}
