// Keys for ids that a peer chooses. A Map finds numbers by a hash that is publicly known. Chosen ids could all have the
// same place in a Map, and each look-up would then walk past all of them. These keys are secret. docs/threats.md, 22.

/**
 * A secret permutation of the numbers of `bits` bits: no two numbers get the same key.
 *
 * Each step can be undone, so it keeps different numbers different. The steps are: add a secret without carry, multiply
 * by a secret odd number, and fold the upper half onto the lower half.
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

  /** Returns the key of `id`, which has at most that many bits. */
  keyOf(id: number): number {
    let key = Math.imul(id ^ this.#added, this.#first) & this.#mask;
    key ^= key >>> this.#fold;
    key = Math.imul(key, this.#second) & this.#mask;
    return key ^ (key >>> this.#fold);
  }
}
