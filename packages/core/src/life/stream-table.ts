// Which streams exist: ids, parity, those that have not ended by id, those whose SYN may leave alone, and the ids
// that were reset lately. It decides nothing about frames.

import { MuxadoError } from "../base/errors.ts";
import { TransientMap } from "../base/transient-map.ts";
import { Opening } from "./opening.ts";
import { ScatteredIds } from "./scattered-ids.ts";

/**
 * The most ids kept after a reset, and twice the least, so that what the peer had under way is not answered with a second one. More than
 * any peer has in flight on streams that all end at once, and some hundred kilobytes at the most.
 */
const REMEMBERED_RESETS = 16 * 1024;

/** So many ended streams may be kept until the next flush. */
const SOME = 64;

/** A stream, as the table needs it. */
interface Entry {
  readonly id: number;
  /** Opened here. */
  readonly isLocal: boolean;
  readonly opening: Opening;
  /** The peer has never been told of it. */
  readonly unsent: boolean;
  readonly isOver: boolean;
  /** A frame of the peer's has come on it. */
  readonly heard: boolean;
  /** A drain does not wait for it. */
  readonly isBackground: boolean;
}

function isToAnnounce({ opening, isOver }: Entry): boolean {
  return !isOver && (opening === Opening.syn || opening === Opening.ack);
}

/** The streams of one session. */
export class StreamTable<S extends Entry> {
  /** Streams that have not ended, by {@link #keyOf} their ids, also those that the peer has not been told of. */
  readonly #live: TransientMap<number, S> = new TransientMap();
  /** The keys of ids that were reset, in two generations: when the younger is full, the older is forgotten. */
  #recentlyReset: Set<number> = new Set();
  #formerlyReset: Set<number> = new Set();
  /** Streams opened and accepted since the last flush, also those whose SYN or ACK has left with their first bytes. */
  #opened: S[] = [];
  readonly #maxId: number;
  readonly #localParity: number;
  readonly #scattered: ScatteredIds;
  #nextLocalId: number;
  /** The highest id of ours whose SYN has left. */
  #highestSent = 0;
  /**
   * The highest id of ours that had left when the SYN of a lower one did; 0 if all left in order. Streams above it were
   * sent after all lower ones.
   */
  #overtakenId = 0;

  /** The most streams that have been open at once since the session last set it back to {@link count}. */
  mostLately = 0;
  /** Local streams that have not ended, also those not sent yet. */
  localCount = 0;
  /** Remote streams that have not ended. */
  remoteCount = 0;
  /** Streams of either side that have not ended and that a drain does not wait for. */
  #backgroundCount = 0;
  /** The highest id of a stream that we took from the peer; 0 if none. */
  lastRemoteId = 0;
  /** Streams opened here since the session began. */
  openedCount = 0;
  /** Streams opened by the peer since the session began, without those refused. */
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

  /** The stream with this id, if the peer knows it. */
  get(streamId: number): S | undefined {
    const stream = this.#live.get(this.#keyOf(streamId));
    return stream?.unsent ? undefined : stream;
  }

  /** Whether an id of ours is that of a stream which has ended, and so will not be sent any more. */
  isSpent(localId: number): boolean {
    return localId < this.#nextLocalId && !this.#live.has(this.#keyOf(localId));
  }

  /** The id for the next local stream; ids are never used again. */
  takeLocalId(): number {
    const id = this.#nextLocalId;
    this.#nextLocalId += 2;
    return id;
  }

  /** A local stream that the peer does not know yet. */
  addLocal(stream: S): void {
    this.localCount++;
    this.openedCount++;
    this.#add(stream);
    this.announceLater(stream);
  }

  /** The SYN or ACK of `stream` leaves with the next flush, if not with its first bytes. */
  announceLater(stream: S): void {
    // However long the transport is stuck, few are kept of those that have ended.
    if (this.#opened.length > 2 * this.count + SOME) {
      this.#opened = [...new Set(this.takeOpened())];
    }
    this.#opened.push(stream);
  }

  /** Whether a flush has SYNs and ACKs to look for. */
  get hasOpened(): boolean {
    return this.#opened.length > 0;
  }

  /** The streams opened or accepted since it was last asked whose SYN or ACK has not left. */
  takeOpened(): S[] {
    const opened = this.#opened;
    this.#opened = [];
    return opened.filter(isToAnnounce);
  }

  /** A stream of the peer's. */
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

  /** `stream` has ended. Says whether it was there. */
  remove(stream: S): boolean {
    if (!this.#live.delete(this.#keyOf(stream.id))) return false;
    if (stream.isLocal) this.localCount--;
    else this.remoteCount--;
    if (stream.isBackground) this.#backgroundCount--;
    return true;
  }

  /** A drain does not wait for one of the streams any more. */
  addBackground(): void {
    this.#backgroundCount++;
  }

  /** All streams that have not ended, in the order in which they came to be. */
  all(): S[] {
    return [...this.#live.values()];
  }

  /**
   * Streams of ours that a peer cannot have seen whose GOAWAY has this last id.
   *
   * It is the last id that Go has seen, not the highest (spec appendix, G6). A stream with an id above it is unseen for
   * certain if all SYNs before its own had lower ids. An answer on a stream weighs more. The peer answers each of the
   * other streams. A stream that was never sent must not be sent now (G2).
   */
  unseen(lastStreamId: number): S[] {
    const lastSeen = Math.max(lastStreamId, this.#overtakenId);
    return this.all().filter(({ unsent, isLocal, heard, id }) => {
      return unsent || (isLocal && !heard && id > lastSeen);
    });
  }

  /** Why no stream can be opened beyond `most`; undefined if one can. */
  openRefusal(most: number): MuxadoError | undefined {
    const code = this.exhausted
      ? "STREAMS_EXHAUSTED"
      : this.localCount >= most
        ? "STREAM_LIMIT"
        : undefined;
    if (code === undefined) return undefined;
    return new MuxadoError({ code, scope: "session", origin: "local", retry: "safe" });
  }

  /** All of them, and the table has none any more. */
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

  /** Whether `streamId` was reset lately. */
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

  /** Our ids are in no danger; those of the peer's have another sign, and their parity is known. */
  #keyOf(streamId: number): number {
    return this.isLocal(streamId) ? streamId : ~this.#scattered.keyOf(streamId >>> 1);
  }
}
