// Keys for ids that a peer chooses. A Map finds numbers by a hash that everybody knows, so chosen ids could all fall into
// one place of it, where each look-up walks past all the others. What these keys are is known to nobody else.
// docs/threats.md, 22.

/**
 * A secret rearrangement of the numbers of so many bits: no two of them get the same key.
 *
 * Each step can be undone, and so keeps them apart: adding a secret without carry, multiplying by a secret odd number,
 * and folding the upper half onto the lower one.
 */
export class ScatteredIds {
  readonly #mask: number;
  readonly #fold: number;
  readonly #added: number;
  readonly #first: number;
  readonly #second: number;

  /** @param bits 2 to 31. */
  constructor(bits: number, secrets: Uint32Array = crypto.getRandomValues(new Uint32Array(3))) {
    this.#mask = 2 ** bits - 1;
    this.#fold = bits >> 1;
    this.#added = secrets[0]! & this.#mask;
    this.#first = secrets[1]! | 1;
    this.#second = secrets[2]! | 1;
  }

  /** The key of `id`, which has no more bits than that. */
  keyOf(id: number): number {
    let key = Math.imul(id ^ this.#added, this.#first) & this.#mask;
    key ^= key >>> this.#fold;
    key = Math.imul(key, this.#second) & this.#mask;
    return key ^ (key >>> this.#fold);
  }
}
