// What a session counts, for metrics exporters.

/** Counters of a session at one moment. */
export interface SessionStats {
  /** Streams of either side that have not ended. */
  readonly openStreams: number;
  /** Streams opened here since the session began. */
  readonly streamsOpened: number;
  /** Streams taken from the peer since the session began, also those that nobody has accepted yet. */
  readonly streamsReceived: number;
  /** Streams that wait for `accept` now. */
  readonly waitingForAccept: number;
  /** Bytes that the transport has delivered, frame headers included. */
  readonly bytesReceived: number;
  /** Bytes given to the transport, frame headers included. */
  readonly bytesSent: number;
  /** Bytes encoded that the transport has not confirmed; writes that wait for credit are not among them. */
  readonly bytesToSend: number;
}
