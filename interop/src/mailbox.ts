// What has come in, and who waits for it: reports of a peer, or frames. Everything goes to one taker, once.

interface Waiting<T> {
  readonly wanted: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Items in the order of their arrival. */
export class Mailbox<T> {
  readonly #waiting: Set<Waiting<T>> = new Set();
  /** Items that nobody has waited for yet. */
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

  /** The next item that is `wanted`; items in front of it stay for others to ask for. */
  next(wanted: (item: T) => boolean): Promise<T> {
    const index = this.#unread.findIndex(wanted);
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0]!);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.add({ wanted, resolve, reject }));
  }

  /** All items that nobody has asked for. */
  take(): T[] {
    return this.#unread.splice(0);
  }

  /** Nothing more will come: whoever waits is told. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }
}
