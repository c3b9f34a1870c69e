// How much memory a session uses for a hostile peer, and how a stream of an honest peer fares meanwhile.

import { muxado, type Stream } from "@muxado/core";
import { contentOf, data, syn } from "../frames.ts";
import { type RawPeer, rawPeer } from "../raw-peer.ts";

/** How many streams the peer opens, and how many bytes the session may use for them. */
export interface MemoryOptions {
  readonly streams: number;
  readonly memoryBudget: number;
}

/** The facts about a run. Sizes in bytes. */
export interface MemoryFacts {
  /** The most bytes held, unread and unsent, measured after each frame that arrived and each turn with a write. */
  readonly peak: number;
  /** The bytes that the peer wanted the session to hold. */
  readonly attempted: number;
  /** Streams that the session has reset. */
  readonly resets: number;
  /** Requests on an honest stream, and how many of them were answered. */
  readonly asked: number;
  readonly answered: number;
}

const WINDOW = 256 * 1024;
const BODY = 32 * 1024;

/** One request comes after so many frames of the other streams. */
const FRAMES_PER_QUESTION = 250;

/** A peer fills the windows of streams that are accepted and never read. */
export async function fillWindows({ streams, memoryBudget }: MemoryOptions): Promise<MemoryFacts> {
  const peer = rawPeer({ memoryBudget, acceptBacklog: Infinity, maxInboundStreams: Infinity });
  const bystander = await Bystander.join(peer);
  const body = new Uint8Array(BODY);
  const ids = Array.from({ length: streams }, (_, count) => 5 + 2 * count);
  let peak = 0;
  for (let sent = 0; sent < WINDOW; sent += BODY) {
    for (const [count, id] of ids.entries()) {
      peer.send(sent === 0 ? syn(id, body) : data(id, body));
      peak = Math.max(peak, held(peer));
      if (count % FRAMES_PER_QUESTION === 0) bystander.ask();
    }
  }
  return { peak, attempted: streams * WINDOW, resets: resetsOf(peer), ...bystander.facts };
}

/** A peer requests many bytes on each stream, and gives no credit for them beyond that of a new stream. */
export async function starveWriters({
  streams,
  memoryBudget,
}: MemoryOptions): Promise<MemoryFacts> {
  // A smaller credit at first, so that sent bytes do not hide the bytes that wait.
  const credit = 4 * 1024;
  const wire = { ...muxado, initialWindow: credit };
  const peer = rawPeer({
    memoryBudget,
    wire,
    acceptBacklog: Infinity,
    maxInboundStreams: Infinity,
  });
  const bystander = await Bystander.join(peer);
  const waiting: Stream[] = [];
  for (let count = 0; count < streams; count++) {
    peer.send(syn(5 + 2 * count));
    waiting.push(await peer.session.accept());
  }
  const answer = new Uint8Array(credit + BODY);
  let peak = 0;
  for (const [count, stream] of waiting.entries()) {
    if (stream.error === undefined) stream.write(answer).catch(() => undefined);
    peer.take();
    peak = Math.max(peak, held(peer));
    if (count % FRAMES_PER_QUESTION === 0) bystander.ask();
  }
  return { peak, attempted: streams * BODY, resets: resetsOf(peer), ...bystander.facts };
}

function held({ session }: RawPeer): number {
  const { memoryUnread, memoryUnsent } = session.stats();
  return memoryUnread + memoryUnsent;
}

function resetsOf({ session }: RawPeer): number {
  return Object.values(session.stats().resetsSent).reduce((sum, count) => sum + count, 0);
}

/** A stream of the same session with a small request from time to time, which is answered at once. */
class Bystander {
  asked = 0;
  answered = 0;
  readonly #peer: RawPeer;
  readonly #stream: Stream;

  private constructor(peer: RawPeer, stream: Stream) {
    this.#peer = peer;
    this.#stream = stream;
  }

  static async join(peer: RawPeer): Promise<Bystander> {
    peer.send(syn(3));
    return new Bystander(peer, await peer.session.accept());
  }

  get facts(): Pick<MemoryFacts, "asked" | "answered"> {
    const { asked, answered } = this;
    return { asked, answered };
  }

  ask(): void {
    this.asked++;
    const stream = this.#stream;
    this.#peer.take();
    this.#peer.send(data(stream.id, 1));
    if (stream.error !== undefined) return;
    stream.offer(stream.take()!);
    if (contentOf(this.#peer.take(), stream.id).length > 0) this.answered++;
  }
}
