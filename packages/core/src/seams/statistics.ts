// The counters of a session, for metrics exporters and for finding out why a session is slow.

import type { MuxadoErrorCode } from "../base/errors.ts";

/** Counters of a session at one moment. */
export interface SessionStats {
  /** Streams of either side that have not ended. */
  readonly openStreams: number;
  /** Streams opened here since the session began. */
  readonly streamsOpened: number;
  /** Streams taken from the peer since the session began, including those that nobody has accepted yet. */
  readonly streamsReceived: number;
  /** Streams that wait for `accept` now. */
  readonly waitingForAccept: number;
  /** Bytes that the transport has delivered, including frame headers. */
  readonly bytesReceived: number;
  /** Bytes given to the transport, including frame headers. */
  readonly bytesSent: number;
  /** Bytes that the transport was given and has confirmed. A confirmation means that it has room for more bytes. */
  readonly bytesWritten: number;
  /** Encoded bytes that the transport has not confirmed. Writes that wait for credit do not count. */
  readonly bytesToSend: number;
  /**
   * Bytes of sent bodies for which the peer has granted credit again, because it has read them. Credit that makes a
   * window larger than its initial size does not count.
   */
  readonly bytesReturned: number;
  /** Frames that have arrived. A Yamux frame with several meanings counts once for each meaning. */
  readonly framesReceived: number;
  /** Frames that were encoded. */
  readonly framesSent: number;
  /** Resets by the peer that have ended a stream, by code. */
  readonly resetsReceived: Readonly<Partial<Record<MuxadoErrorCode, number>>>;
  /** Resets by this side, by code, including refusals. */
  readonly resetsSent: Readonly<Partial<Record<MuxadoErrorCode, number>>>;
  /** Bytes of memory that hold received bytes which are not read. */
  readonly memoryUnread: number;
  /**
   * Bytes of writes that wait in their streams: for credit, for the transport or for their turn. Each stream counts up
   * to 64 KiB. Bytes that `offer` did not take do not count, and neither do those in `bytesToSend`. All bytes that count
   * leave windows less of the memory budget to grow. Only those of streams that wait for credit can exceed it.
   */
  readonly memoryUnsent: number;
  /**
   * The shortest round trip of the last minute or two, in milliseconds; undefined if none was measured. The session
   * measures by itself only while one of its windows may grow and the sender waits for credit.
   */
  readonly roundTrip: number | undefined;
}

/** The counters of one stream, and the reason why its writes and reads wait, at one moment. */
export interface StreamStats {
  /** Bytes of bodies that have arrived on the stream. */
  readonly bytesReceived: number;
  /** Bytes of bodies that were sent on the stream. */
  readonly bytesSent: number;
  /** Bytes that have arrived and are not read. */
  readonly bytesUnread: number;
  /** Bytes of writes that wait. */
  readonly bytesUnsent: number;
  /** Bytes that the peer may have unread or on their way. */
  readonly receiveWindow: number;
  /** Bytes that the peer's credit still allows us to send. */
  readonly credit: number;
  /**
   * The reason why the oldest write or offer waits. `window`: the peer has granted too little credit. `transport`: the
   * transport has not taken earlier bytes. `turn`: other streams are served first. Undefined if no write or offer
   * waits.
   */
  readonly writeBlockedBy: "window" | "transport" | "turn" | undefined;
  /** How long the oldest write or offer has been waiting, in milliseconds; 0 if none waits. */
  readonly writeBlockedFor: number;
  /** Whether a read waits for bytes. */
  readonly readBlocked: boolean;
  /** Milliseconds since the last frame of the peer on this stream; undefined if none has arrived. */
  readonly silentFor: number | undefined;
}

/** Resets by code. */
export type ResetCounts = Partial<Record<MuxadoErrorCode, number>>;
