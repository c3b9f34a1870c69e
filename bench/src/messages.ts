// What the processes of a benchmark say to each other, besides what is measured.

/** What a client process is asked to do. */
export type Task =
  /** Streams opened and closed for so many seconds. Answered by streams per second. */
  | { readonly do: "open"; readonly streams: number; readonly seconds: number }
  /** Bulk bytes, so many in each write. Answered by bytes per second. */
  | {
      readonly do: "bulk";
      readonly streams: number;
      readonly bytes: number;
      readonly size: number;
    }
  /** So many more streams held open. Answered by streams per second. */
  | { readonly do: "hold"; readonly streams: number; readonly count: number }
  /**
   * Payloads of so many bytes, each sent over a stream of its own and read back, for so many seconds and at least
   * once at each place. Answered by payload bytes per second, of one direction.
   */
  | {
      readonly do: "echo";
      readonly streams: number;
      readonly bytes: number;
      readonly seconds: number;
    }
  /** Small requests for so many seconds, while so many streams carry bulk bytes. Answered by what they took. */
  | {
      readonly do: "mixed";
      readonly streams: number;
      readonly size: number;
      readonly seconds: number;
    }
  /** Collect garbage and say what memory is left in use; the only task of a server. */
  | { readonly do: "memory" };

/** Bytes in use by a process. */
export interface Memory {
  /** JavaScript's heap, and what hangs on it outside, such as the bytes of buffers. */
  readonly heap: number;
  /** All memory of the process that is in RAM. */
  readonly rss: number;
}

/** What small requests took amid bulk streams. */
export interface Latency {
  /** Microseconds: half of them took no longer. */
  readonly p50: number;
  /** Microseconds: of a hundred, one took longer. */
  readonly p99: number;
  /** Bulk bytes per second meanwhile. */
  readonly bulk: number;
  /** Microseconds that one congested write took, half of them no longer; if that is known. */
  readonly drain?: number | undefined;
}

export type Answer =
  /** The process is ready. A server says where it listens. */
  | { readonly port: number }
  | { readonly rate: number }
  | { readonly latency: Latency }
  | { readonly memory: Memory };
