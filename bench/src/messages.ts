// The messages between the processes of a benchmark, besides the traffic that is measured.

/** A task for a client process. */
export type Task =
  /** Open and close streams for `seconds` seconds. The answer is streams per second. */
  | { readonly do: "open"; readonly streams: number; readonly seconds: number }
  /** Send bulk bytes, `size` of them in each write. The answer is bytes per second. */
  | {
      readonly do: "bulk";
      readonly streams: number;
      readonly bytes: number;
      readonly size: number;
    }
  /**
   * Send messages and wait for the answer to each, over `streams` streams that stay open for `seconds` seconds. The
   * answer is messages per second, without their answers.
   */
  | { readonly do: "messages"; readonly streams: number; readonly seconds: number }
  /** Open `count` more streams and hold them open. The answer is streams per second. */
  | { readonly do: "hold"; readonly streams: number; readonly count: number }
  /**
   * Send payloads of `bytes` bytes, each over a stream of its own, and read them back. It lasts `seconds` seconds, and
   * each place sends at least one payload. The answer is payload bytes per second, in one direction.
   */
  | {
      readonly do: "echo";
      readonly streams: number;
      readonly bytes: number;
      readonly seconds: number;
    }
  /**
   * Make small requests for `seconds` seconds, while `streams` streams carry bulk bytes. The answer is their latency.
   */
  | {
      readonly do: "mixed";
      readonly streams: number;
      readonly size: number;
      readonly seconds: number;
    }
  /** Collect garbage and report the memory that is still in use. A server knows this task. */
  | { readonly do: "memory" }
  /** Report the processor time used so far. A server knows this task. Only processes of Node get it. */
  | { readonly do: "processor" };

/** Memory in use by a process, in bytes. */
export interface Memory {
  /** JavaScript's heap and the memory that it holds outside, such as the bytes of buffers. */
  readonly heap: number;
  /** All memory of the process in RAM. */
  readonly rss: number;
}

/** The latency of small requests amid bulk streams. */
export interface Latency {
  /** Microseconds: half of the requests took no longer. */
  readonly p50: number;
  /** Microseconds: one request of a hundred took longer. */
  readonly p99: number;
  /** Bulk bytes per second in the same time. */
  readonly bulk: number;
  /** Microseconds of a congested write: half of the writes took no longer. Undefined if not known. */
  readonly drain?: number | undefined;
}

export type Answer =
  /** The process is ready. A server reports the port that it listens on. */
  | { readonly port: number }
  | { readonly rate: number }
  | { readonly latency: Latency }
  | { readonly memory: Memory }
  /** Milliseconds. */
  | { readonly processorTime: number };
