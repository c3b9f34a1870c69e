// What a session counts, for metrics exporters and for those who ask why it is slow.

import type { MuxadoErrorCode } from "../base/errors.ts";

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
  /** Bytes that the transport has confirmed, of those given to it: it has room for more. */
  readonly bytesWritten: number;
  /** Bytes encoded that the transport has not confirmed; writes that wait for credit are not among them. */
  readonly bytesToSend: number;
  /**
   * Bytes of bodies that were sent and that the peer has given credit for again, since it has read them. Credit that
   * makes a window larger than streams begin with is not among them.
   */
  readonly bytesReturned: number;
  /** Frames that have arrived. One of Yamux that says several things counts for each. */
  readonly framesReceived: number;
  /** Frames that were encoded. */
  readonly framesSent: number;
  /** Resets that have ended a stream, by their code: those of the peer's. */
  readonly resetsReceived: Readonly<Partial<Record<MuxadoErrorCode, number>>>;
  /** The same of our own, refusals included. */
  readonly resetsSent: Readonly<Partial<Record<MuxadoErrorCode, number>>>;
  /** Bytes of memory behind what has arrived and is not read. */
  readonly memoryUnread: number;
  /** What the memory budget is charged with for writes that wait in their streams: up to 64 KiB for each stream. */
  readonly memoryUnsent: number;
  /**
   * The shortest round trip of the last minute or two, in milliseconds; undefined if none was measured. The session
   * measures for itself only while one of its windows may grow and credit is what the sender waits for.
   */
  readonly roundTrip: number | undefined;
}

/** What one stream counts, and what it waits for, at one moment. */
export interface StreamStats {
  /** Bytes of its bodies that have arrived. */
  readonly bytesReceived: number;
  /** Bytes of its bodies that were sent. */
  readonly bytesSent: number;
  /** Bytes that have arrived and are not read. */
  readonly bytesUnread: number;
  /** Bytes of its writes that wait. */
  readonly bytesUnsent: number;
  /** Bytes that the peer may have unread or on their way. */
  readonly receiveWindow: number;
  /** Bytes that the peer still lets us send. */
  readonly credit: number;
  /**
   * What its oldest write or offer waits for: the peer's `window`; the `transport`, which has not taken what it was
   * given; or its `turn`, behind other streams. Undefined if nothing waits.
   */
  readonly writeBlockedBy: "window" | "transport" | "turn" | undefined;
  /** How long its oldest write has been waiting, in milliseconds; 0 if none is. */
  readonly writeBlockedFor: number;
  /** Whether a read waits. If so, nothing has come. */
  readonly readBlocked: boolean;
  /** How long no frame has come on it, in milliseconds; undefined if none ever has. */
  readonly silentFor: number | undefined;
}

/** Resets by code. */
export type ResetCounts = Partial<Record<MuxadoErrorCode, number>>;
