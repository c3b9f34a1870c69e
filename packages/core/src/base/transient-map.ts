// A Map for entries that are added and deleted by the thousand, such as streams.

/** The Map is copied after as many additions as its size and this number together. */
const FEW = 64;

/**
 * A Map that is copied into a new Map from time to time.
 *
 * When a Map needs room, it moves its entries to a new table, and in V8 the old table points to the new one. An old
 * table may live so long that only a full collection frees it. Until then, it keeps all later tables and the streams in
 * them in memory. No old table points to the table of a copy (measured: docs/decisions/0025).
 *
 * If the map changes during an iteration, the iteration may give deleted entries, and may miss new entries.
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

  /** Returns whether there was an entry. */
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries = new Map();
    this.#added = 0;
  }

  /** The values, in the order in which their keys were added. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  /** The entries, in the order in which their keys were added. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}
