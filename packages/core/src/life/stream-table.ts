// The streams of a session: their ids, all streams that have not ended, the streams that may have to send SYN or ACK,
// and the ids that were reset lately.

import { MuxadoError } from "../base/errors.ts";
import { TransientMap } from "../base/transient-map.ts";
import { Opening } from "./opening.ts";
import { ScatteredIds } from "./scattered-ids.ts";

/**
 * The session remembers the ids of the last resets, so that bytes that the peer had already sent get no second reset.
 * It remembers at most this many ids, and at least half of them. This is more than the number of streams on which a
 * peer has bytes in flight when all of them end at once. It costs at most some hundred kilobytes.
 */
const REMEMBERED_RESETS = 16 * 1024;

/**
 * The list of opened streams is cleaned when it is longer than this number and twice the number of open streams
 * together.
 */
const SOME = 64;

/** The part of a stream that the table uses. */
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
  /**
   * All streams that have not ended, including those that the peer does not know, by the key of their id ({@link
   * #keyOf}).
   */
  readonly #live: TransientMap<number, S> = new TransientMap();
  /** The keys of ids that were reset, in two sets. When the newer set is full, the older set is dropped. */
  #recentlyReset: Set<number> = new Set();
  #formerlyReset: Set<number> = new Set();
  /**
   * Streams opened or accepted since the last flush, including those whose SYN or ACK has already left with their first
   * bytes.
   */
  #opened: S[] = [];
  readonly #maxId: number;
  readonly #localParity: number;
  readonly #scattered: ScatteredIds;
  #nextLocalId: number;
  /** The highest id of our streams whose SYN has left. */
  #highestSent = 0;
  /**
   * If a SYN left after the SYN of a higher id: the highest id that had left before it; 0 if all SYNs left in order.
   * The SYNs of all streams above this id left in order.
   */
  #overtakenId = 0;

  /** The most streams that were open at once since the session last set this field to {@link count}. */
  mostLately = 0;
  /** Local streams that have not ended, including those that the peer does not know. */
  localCount = 0;
  /** Remote streams that have not ended. */
  remoteCount = 0;
  /** Streams of either side that have not ended and that a drain does not wait for. */
  #backgroundCount = 0;
  /** The highest id of a stream that we have taken from the peer; 0 if there is none. */
  lastRemoteId = 0;
  /** Streams opened here since the session began. */
  openedCount = 0;
  /** Streams opened by the peer since the session began, without refused streams. */
  acceptedCount = 0;

  /** Streams opened here use every second id from `firstLocalId` to `maxId`. */
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

  /** Returns whether `localId` is the id of a stream that has ended. We never open a stream with such an id again. */
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

  /** Makes the SYN or ACK of `stream` leave with its first bytes, or at the latest with the next flush. */
  announceLater(stream: S): void {
    // If the transport is stuck, many streams may end before the next flush. They are removed from the list here.
    if (this.#opened.length > 2 * this.count + SOME) {
      this.#opened = [...new Set(this.takeOpened())];
    }
    this.#opened.push(stream);
  }

  /** Whether a flush must check {@link takeOpened} for SYNs and ACKs. */
  get hasOpened(): boolean {
    return this.#opened.length > 0;
  }

  /** Returns the streams opened or accepted since the last call whose SYN or ACK has not left. */
  takeOpened(): readonly S[] {
    const opened = this.#opened;
    // Most turns open no stream, and then make no garbage.
    if (opened.length === 0) return opened;
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

  /** Counts one more stream that a drain does not wait for. */
  addBackground(): void {
    this.#backgroundCount++;
  }

  /** Returns all streams that have not ended, in the order in which they began. */
  all(): S[] {
    return [...this.#live.values()];
  }

  /**
   * Returns our streams that a peer cannot have seen, if its GOAWAY has this last id.
   *
   * Go sends the id that it has seen last, not the highest id (spec appendix, G6). A stream with a higher id is
   * certainly unseen if all SYNs before its own had lower ids. If a frame has arrived on a stream, the peer has seen
   * the stream. A stream that was never sent must not be sent after the GOAWAY (G2). The other streams continue,
   * because the peer answers each of them.
   */
  unseen(lastStreamId: number): S[] {
    const lastSeen = Math.max(lastStreamId, this.#overtakenId);
    return this.all().filter(({ unsent, isLocal, heardAt, id }) => {
      return unsent || (isLocal && heardAt < 0 && id > lastSeen);
    });
  }

  /** Returns why no stream can be opened, if at most `most` may be open; undefined if a stream can be opened. */
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

  /** Notes that the SYN of one of our streams has left. */
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
   * Returns the key of an id. The peer does not choose our ids, so their keys need not be secret. The keys of the
   * peer's ids are negative, so they differ from ours. The lowest bit of these ids is always the same, so the key
   * leaves it out.
   */
  #keyOf(streamId: number): number {
    return this.isLocal(streamId) ? streamId : ~this.#scattered.keyOf(streamId >>> 1);
  }
}
