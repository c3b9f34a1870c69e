// Collects the statistics of sessions and streams from the counters of their parts.

import type { Counters } from "./life/counters.ts";
import type { MemoryBudget } from "./life/memory-budget.ts";
import type { SessionStats, StreamStats } from "./seams/statistics.ts";
import type { Outbound } from "./sending/outbound.ts";

/** The parts of a session that have counters. */
interface SessionParts {
  readonly counters: Counters;
  readonly memory: MemoryBudget;
  readonly outbound: Outbound;
  readonly table: {
    readonly count: number;
    readonly openedCount: number;
    readonly acceptedCount: number;
  };
  readonly acceptQueue: { readonly length: number };
  readonly tuning: { readonly roundTrip: number | undefined };
}

/** Returns the statistics of a session. */
export function sessionStats(parts: SessionParts): SessionStats {
  const { counters, memory, outbound, table } = parts;
  return {
    openStreams: table.count,
    streamsOpened: table.openedCount,
    streamsReceived: table.acceptedCount,
    waitingForAccept: parts.acceptQueue.length,
    bytesReceived: counters.bytesReceived,
    bytesSent: outbound.bytesSent,
    bytesWritten: outbound.bytesSent - outbound.underWay,
    bytesToSend: outbound.unwritten,
    bytesReturned: counters.bytesReturned,
    framesReceived: counters.framesReceived,
    framesSent: outbound.framesSent,
    resetsReceived: { ...counters.resetsReceived },
    resetsSent: { ...counters.resetsSent },
    memoryUnread: memory.unread,
    memoryUnsent: memory.unsent,
    roundTrip: parts.tuning.roundTrip,
  };
}

/** The parts of a stream that have counters. */
interface StreamParts {
  readonly receiving: {
    readonly bytes: number;
    readonly unread: number;
    readonly reading: boolean;
    readonly window: { readonly target: number };
  };
  readonly sending: {
    readonly bytes: number;
    readonly unsent: number;
    readonly window: { readonly available: number };
    readonly blockedBy: StreamStats["writeBlockedBy"];
    readonly blockedAt: number | undefined;
  };
  readonly heardAt: number;
  readonly extras: { readonly source: { readonly reading: boolean } | undefined } | null;
}

/** Returns the statistics of a stream at the time `now`. */
export function streamStats(stream: StreamParts, now: number): StreamStats {
  const { receiving, sending } = stream;
  return {
    bytesReceived: receiving.bytes,
    bytesSent: sending.bytes,
    bytesUnread: receiving.unread,
    bytesUnsent: sending.unsent,
    receiveWindow: receiving.window.target,
    credit: sending.window.available,
    writeBlockedBy: sending.blockedBy,
    writeBlockedFor: sending.blockedAt === undefined ? 0 : now - sending.blockedAt,
    readBlocked: receiving.reading || (stream.extras?.source?.reading ?? false),
    silentFor: stream.heardAt >= 0 ? Math.max(0, now - stream.heardAt) : undefined,
  };
}
