// A Map for entries that come and go by the thousand, as streams do.

/** Entries that may be added, besides as many as there are, before the Map is renewed. */
const FEW = 64;

/**
 * A Map that is copied into a new one now and then.
 *
 * A Map that makes room leaves its table for another, and in V8 the old table points to the new one. Once a table has
 * lived long enough for only a full collection to find it dead, it keeps all that come after it alive until then, and
 * the streams in them. Nothing points to a copy (measured: docs/decisions/0025).
 *
 * Whoever iterates and changes it meanwhile may be given entries that are gone, and not be given new ones.
 */
export class TransientMap<K, V> implements Iterable<[K, V]> {
  #entries: Map<K, V> = new Map();
  #added = 0;

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    if (this.#added >= FEW + this.#entries.size) {
      this.#entries = new Map(this.#entries);
      this.#added = 0;
    }
    this.#added++;
    this.#entries.set(key, value);
  }

  /** Says whether there was an entry. */
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries = new Map();
    this.#added = 0;
  }

  /** The values, in the order in which their keys came. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  /** The entries, in the order in which their keys came. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}
