// The longest time for which one turn blocked the event loop of a process. On a machine with other work, the system
// takes the processor away now and then. That time is not part of our turn, so a block is at most as long as the
// processor time it used.

/** Milliseconds between two measurements. */
const LOOK = 5;

export class LongestBlock {
  #longest = 0;
  #at = performance.now();
  #used = usedNow();

  constructor() {
    setInterval(() => this.#look(), LOOK).unref();
  }

  /** Milliseconds of the longest block since the last call. */
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
