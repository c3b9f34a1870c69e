// Items that have arrived, and the calls that wait for them. An item is a report of a peer, or a frame. Each item goes
// to one call, once.

interface Waiting<T> {
  readonly wanted: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Items in the order of their arrival. */
export class Mailbox<T> {
  readonly #waiting: Set<Waiting<T>> = new Set();
  /** Items that no call has waited for yet. */
  readonly #unread: T[] = [];
  #end: Error | undefined;

  deliver(item: T): void {
    for (const waiting of this.#waiting) {
      if (!waiting.wanted(item)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(item);
      return;
    }
    this.#unread.push(item);
  }

  /** Resolves with the next item for which `wanted` returns true. Items before it stay for other calls. */
  next(wanted: (item: T) => boolean): Promise<T> {
    const index = this.#unread.findIndex(wanted);
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0]!);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.add({ wanted, resolve, reject }));
  }

  /** Takes all items that no call has asked for. */
  take(): T[] {
    return this.#unread.splice(0);
  }

  /** No more items will come: every call that waits rejects with `error`. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }
}
