// The longest time for which the event loop of a process did nothing but one turn. A machine with other work takes the
// processor away now and then; that is no turn of ours, so a block is at most as long as its processor time.

/** Milliseconds between two looks. */
const LOOK = 5;

export class LongestBlock {
  #longest = 0;
  #at = performance.now();
  #used = usedNow();

  constructor() {
    setInterval(() => this.#look(), LOOK).unref();
  }

  /** Milliseconds of the longest since it was last asked. */
  take(): number {
    this.#look();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  #look(): void {
    const [now, used] = [performance.now(), usedNow()];
    const block = Math.min(now - this.#at - LOOK, used - this.#used);
    if (block > this.#longest) this.#longest = block;
    this.#at = now;
    this.#used = used;
  }
}

/** Milliseconds of processor time of this process, on all its threads. */
export function usedNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
