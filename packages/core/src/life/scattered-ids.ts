// Keys for ids that a peer chooses. A Map finds a number by its hash, and everybody can compute this hash. So a peer
// could choose ids that all have the same hash, and each look-up in the Map would compare all of them. These keys are
// secret. docs/threats.md, 22.

/**
 * A secret permutation of the numbers of `bits` bits: no two numbers get the same key.
 *
 * Each step can be reversed, so different numbers stay different. The steps are: XOR with a secret, multiplication by a
 * secret odd number, and XOR of the upper half into the lower half.
 */
export class ScatteredIds {
  readonly #mask: number;
  readonly #fold: number;
  readonly #added: number;
  readonly #first: number;
  readonly #second: number;

  /** @param bits the length of the ids in bits, 2 to 31. */
  constructor(bits: number, secrets: Uint32Array = crypto.getRandomValues(new Uint32Array(3))) {
    this.#mask = 2 ** bits - 1;
    this.#fold = bits >> 1;
    this.#added = secrets[0]! & this.#mask;
    this.#first = secrets[1]! | 1;
    this.#second = secrets[2]! | 1;
  }

  /** Returns the key of `id`, which has at most `bits` bits. */
  keyOf(id: number): number {
    let key = Math.imul(id ^ this.#added, this.#first) & this.#mask;
    key ^= key >>> this.#fold;
    key = Math.imul(key, this.#second) & this.#mask;
    return key ^ (key >>> this.#fold);
  }
}
