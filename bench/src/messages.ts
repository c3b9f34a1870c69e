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
  /** Collect garbage and say what memory is left in use; the only task of a server. */
  | { readonly do: "memory" };

/** Bytes in use by a process. */
export interface Memory {
  /** JavaScript's heap, and what hangs on it outside, such as the bytes of buffers. */
  readonly heap: number;
  /** All memory of the process that is in RAM. */
  readonly rss: number;
}

export type Answer =
  /** The process is ready. A server says where it listens. */
  { readonly port: number } | { readonly rate: number } | { readonly memory: Memory };
