// The counts of one side about the streams that it opens.

export interface Summary {
  readonly streams: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly streamsPerSecond: number;
  /** Milliseconds from the opening of a stream to the end of the answer. */
  readonly median: number;
  readonly p99: number;
  readonly mismatches: number;
}

export class Tally {
  bytesSent = 0;
  bytesReceived = 0;
  mismatches = 0;
  readonly #latencies: number[] = [];
  readonly #start: number = performance.now();

  get streams(): number {
    return this.#latencies.length;
  }

  /** Counts a stream that is done. */
  add(latency: number): void {
    this.#latencies.push(latency);
  }

  summary(): Summary {
    const { streams, bytesSent, bytesReceived, mismatches } = this;
    const seconds = (performance.now() - this.#start) / 1000;
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const percentile = (share: number): number => sorted[Math.ceil(share * streams) - 1] ?? 0;
    return {
      streams,
      bytesSent,
      bytesReceived,
      streamsPerSecond: streams / seconds,
      median: percentile(0.5),
      p99: percentile(0.99),
      mismatches,
    };
  }
}
