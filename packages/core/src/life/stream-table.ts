// The streams that exist: ids, parity, the streams that have not ended by id, the streams whose SYN may leave alone,
// and the ids that were reset lately. It decides nothing about frames.

import { MuxadoError } from "../base/errors.ts";
import { TransientMap } from "../base/transient-map.ts";
import { Opening } from "./opening.ts";
import { ScatteredIds } from "./scattered-ids.ts";

/**
 * The most ids that are kept after a reset, and twice the least. Bytes that the peer had under way then get no second
 * reset. This is more than any peer has in flight on streams that all end at once, and some hundred kilobytes at the
 * most.
 */
const REMEMBERED_RESETS = 16 * 1024;

/** Ended streams that may be kept until the next flush, in addition to twice the open streams. */
const SOME = 64;

/** A stream, as the table needs it. */
interface Entry {
  readonly id: number;
  /** True if this side opened it. */
  readonly isLocal: boolean;
  readonly opening: Opening;
  /** True if the peer has never been told of it. */
  readonly unsent: boolean;
  readonly isOver: boolean;
  /** When a frame of the peer last arrived on it; negative if none has. */
  readonly heardAt: number;
  /** True if a drain does not wait for it. */
  readonly isBackground: boolean;
}

function isToAnnounce({ opening, isOver }: Entry): boolean {
  return !isOver && (opening === Opening.syn || opening === Opening.ack);
}

/** The streams of one session. */
export class StreamTable<S extends Entry> {
  /** Streams that have not ended, by {@link #keyOf} their ids, also those that the peer has not been told of. */
  readonly #live: TransientMap<number, S> = new TransientMap();
  /** The keys of ids that were reset, in two generations. When the younger is full, the older is forgotten. */
  #recentlyReset: Set<number> = new Set();
  #formerlyReset: Set<number> = new Set();
  /** Streams opened or accepted since the last flush, also those whose SYN or ACK has left with their first bytes. */
  #opened: S[] = [];
  readonly #maxId: number;
  readonly #localParity: number;
  readonly #scattered: ScatteredIds;
  #nextLocalId: number;
  /** The highest id of our streams whose SYN has left. */
  #highestSent = 0;
  /**
   * The highest id of our streams that had left when the SYN of a lower id left; 0 if all left in order. Streams above
   * it were sent after all lower ones.
   */
  #overtakenId = 0;

  /** The most streams open at once since the session last set this back to {@link count}. */
  mostLately = 0;
  /** Local streams that have not ended, including those not sent yet. */
  localCount = 0;
  /** Remote streams that have not ended. */
  remoteCount = 0;
  /** Streams of either side that have not ended and that a drain does not wait for. */
  #backgroundCount = 0;
  /** The highest id of a stream that we took from the peer; 0 if there is none. */
  lastRemoteId = 0;
  /** Streams opened here since the session began. */
  openedCount = 0;
  /** Streams opened by the peer since the session began, without refused streams. */
  acceptedCount = 0;

  /** Ids of streams opened here go from `firstLocalId` to `maxId`, every second one. */
  constructor(firstLocalId: number, maxId: number) {
    this.#nextLocalId = firstLocalId;
    this.#localParity = firstLocalId & 1;
    this.#maxId = maxId;
    this.#scattered = new ScatteredIds(32 - Math.clz32(maxId >>> 1));
  }

  /** Streams that have not ended. */
  get count(): number {
    return this.localCount + this.remoteCount;
  }

  /** Streams that a drain waits for. */
  get busyCount(): number {
    return this.count - this.#backgroundCount;
  }

  get exhausted(): boolean {
    return this.#nextLocalId > this.#maxId;
  }

  isLocal(streamId: number): boolean {
    return (streamId & 1) === this.#localParity;
  }

  /** Returns the stream with this id, if the peer knows it. */
  get(streamId: number): S | undefined {
    const stream = this.#live.get(this.#keyOf(streamId));
    return stream?.unsent ? undefined : stream;
  }

  /** Returns whether `localId` is that of a stream that has ended. Such an id will not be sent any more. */
  isSpent(localId: number): boolean {
    return localId < this.#nextLocalId && !this.#live.has(this.#keyOf(localId));
  }

  /** Returns the id for the next local stream. Ids are never used again. */
  takeLocalId(): number {
    const id = this.#nextLocalId;
    this.#nextLocalId += 2;
    return id;
  }

  /** Adds a local stream that the peer does not know yet. */
  addLocal(stream: S): void {
    this.localCount++;
    this.openedCount++;
    this.#add(stream);
    this.announceLater(stream);
  }

  /** The SYN or ACK of `stream` leaves with its first bytes, or at the latest with the next flush. */
  announceLater(stream: S): void {
    // Only few ended streams are kept, however long the transport is stuck.
    if (this.#opened.length > 2 * this.count + SOME) {
      this.#opened = [...new Set(this.takeOpened())];
    }
    this.#opened.push(stream);
  }

  /** Whether a flush must look for SYNs and ACKs. */
  get hasOpened(): boolean {
    return this.#opened.length > 0;
  }

  /** Returns the streams opened or accepted since the last call whose SYN or ACK has not left. */
  takeOpened(): S[] {
    const opened = this.#opened;
    this.#opened = [];
    return opened.filter(isToAnnounce);
  }

  /** Adds a stream of the peer. */
  addRemote(stream: S): void {
    this.remoteCount++;
    this.acceptedCount++;
    this.#add(stream);
    if (stream.id > this.lastRemoteId) this.lastRemoteId = stream.id;
  }

  #add(stream: S): void {
    this.#live.set(this.#keyOf(stream.id), stream);
    if (this.count > this.mostLately) this.mostLately = this.count;
  }

  /** Removes `stream`, which has ended. Returns whether it was there. */
  remove(stream: S): boolean {
    if (!this.#live.delete(this.#keyOf(stream.id))) return false;
    if (stream.isLocal) this.localCount--;
    else this.remoteCount--;
    if (stream.isBackground) this.#backgroundCount--;
    return true;
  }

  /** A drain no longer waits for one of the streams. */
  addBackground(): void {
    this.#backgroundCount++;
  }

  /** Returns all streams that have not ended, in the order in which they began. */
  all(): S[] {
    return [...this.#live.values()];
  }

  /**
   * Returns the streams of ours that a peer cannot have seen, if its GOAWAY has this last id.
   *
   * Go sends the last id that it has seen, not the highest (spec appendix, G6). A stream with an id above it is
   * certainly unseen if all SYNs before its own had lower ids. A stream with an answer has been seen, whatever the last
   * id. The peer answers each of the other streams. A stream that was never sent must not be sent now (G2).
   */
  unseen(lastStreamId: number): S[] {
    const lastSeen = Math.max(lastStreamId, this.#overtakenId);
    return this.all().filter(({ unsent, isLocal, heardAt, id }) => {
      return unsent || (isLocal && heardAt < 0 && id > lastSeen);
    });
  }

  /** Returns why no stream can be opened beyond `most`; undefined if one can. */
  openRefusal(most: number): MuxadoError | undefined {
    const code = this.exhausted
      ? "STREAMS_EXHAUSTED"
      : this.localCount >= most
        ? "STREAM_LIMIT"
        : undefined;
    if (code === undefined) return undefined;
    return new MuxadoError({ code, scope: "session", origin: "local", retry: "safe" });
  }

  /** Removes all streams and returns them. */
  takeAll(): S[] {
    const streams = this.all();
    this.#live.clear();
    this.#opened = [];
    this.localCount = this.remoteCount = this.#backgroundCount = 0;
    return streams;
  }

  /** The SYN of a stream of ours has left. */
  sentSyn(streamId: number): void {
    if (streamId < this.#highestSent) this.#overtakenId = this.#highestSent;
    else this.#highestSent = streamId;
  }

  /** Returns whether `streamId` was reset lately. */
  wasReset(streamId: number): boolean {
    const key = this.#keyOf(streamId);
    return this.#recentlyReset.has(key) || this.#formerlyReset.has(key);
  }

  /** Remembers that we have reset `streamId`. */
  rememberReset(streamId: number): void {
    if (this.#recentlyReset.size >= REMEMBERED_RESETS / 2) {
      this.#formerlyReset = this.#recentlyReset;
      this.#recentlyReset = new Set();
    }
    this.#recentlyReset.add(this.#keyOf(streamId));
  }

  /**
   * Returns the key of an id. No peer chooses our ids, so they need no secret. Keys of the peer's ids are negative, and
   * the parity of these ids is known.
   */
  #keyOf(streamId: number): number {
    return this.isLocal(streamId) ? streamId : ~this.#scattered.keyOf(streamId >>> 1);
  }
}
