// Short conversations, recorded with the real peers and replayed without them. Our side depends only on its session, so
// that it acts the same when it receives the recorded bytes.

import type { MuxadoError, Session, Stream } from "@muxado/core";
import { ByteReader } from "./byte-reader.ts";
import { Digester } from "./payload.ts";
import type { Wire } from "./peers.ts";
import type { PeerOptions, RemoteSession } from "./remote-session.ts";

/** The observations of our side: names, numbers and texts. */
export type Story = Readonly<Record<string, string | number>>;

export interface Conversation {
  readonly name: string;
  /** The wire of the conversation. Default: both. */
  readonly wire?: Wire;
  readonly peer?: PeerOptions;
  readonly ours: (session: Session) => Promise<Story>;
  /** The commands to the peer, which run while our side acts. */
  readonly theirs: (remote: RemoteSession) => Promise<unknown>;
}

const SHORT = "hello there";
const GREETING = Buffer.from(SHORT).toString("hex");
const HEARTBEAT = "ffffffff";

const conversations: readonly Conversation[] = [
  {
    name: "echo of 64 B",
    ours: (session) => request(session.open(), 64),
    theirs: async (remote) => (await remote.accept()).echo(),
  },
  {
    name: "echo of 64 KiB",
    ours: (session) => request(session.open(), 64 * 1024),
    theirs: async (remote) => (await remote.accept()).echo(),
  },
  {
    name: "they open and greet",
    ours: greeted,
    theirs: async (remote) => {
      const there = await remote.open();
      await there.write({ hex: GREETING });
      await there.closeWrite();
      await there.receive();
    },
  },
  {
    name: "half-close by us first",
    ours: async (session) => {
      const stream = session.open();
      await stream.write(Buffer.from(SHORT));
      await stream.closeWrite();
      return readStory(stream);
    },
    theirs: async (remote) => {
      const there = await remote.accept();
      await there.receive();
      await there.write({ hex: GREETING });
      await there.closeWrite();
    },
  },
  {
    name: "half-close by them first",
    ours: async (session) => {
      const stream = session.open();
      await stream.write(Buffer.from(SHORT));
      const story = await readStory(stream);
      await stream.write(Buffer.from(SHORT));
      await stream.closeWrite();
      return story;
    },
    theirs: async (remote) => {
      const there = await remote.accept();
      await there.write({ hex: GREETING });
      await there.closeWrite();
      await there.receive();
    },
  },
  {
    name: "they reset behind unread data",
    wire: "muxado",
    ours: async (session) => {
      const stream = session.open();
      const writer = stream.writable.getWriter();
      await writer.write(Buffer.from(SHORT));
      // This accept shows that the peer has closed the stream. The next write is refused.
      await session.accept();
      await writer.write(Buffer.from(SHORT));
      const failed = await writer.closed.then(() => "nothing", codeOf);
      return { ...(await readStory(stream)), failed };
    },
    theirs: async (remote) => {
      const there = await remote.accept();
      await there.write({ hex: GREETING });
      await there.close();
      await (await remote.open()).write({ hex: GREETING });
    },
  },
  {
    name: "we reset",
    ours: async (session) => {
      const stream = session.open();
      await stream.write(Buffer.from(SHORT));
      await new ByteReader(stream).take(SHORT.length);
      stream.reset();
      return { ...(await request(session.open(), 100)), error: stream.error!.code };
    },
    theirs: async (remote) => {
      const there = await remote.accept();
      await there.write({ hex: GREETING });
      await (await remote.accept()).echo();
    },
  },
  {
    name: "they go away",
    wire: "muxado",
    ours: async (session) => {
      const stream = session.open();
      await stream.write(Buffer.from(SHORT));
      await new ByteReader(stream).take(SHORT.length);
      const accept = await session.accept().then(() => "a stream", codeOf);
      return { accept, ...(await readStory(stream)) };
    },
    theirs: async (remote) => {
      const there = await remote.accept();
      await there.write({ hex: GREETING });
      await remote.goAway(2, "closing for today");
      await remote.end();
    },
  },
  {
    name: "they open a typed stream",
    wire: "muxado",
    peer: { typed: true },
    ours: greeted,
    theirs: async (remote) => {
      const there = await remote.open(0x01020304);
      await there.write({ hex: GREETING });
      await there.closeWrite();
      await there.receive();
    },
  },
  {
    name: "they send two heartbeats",
    wire: "muxado",
    peer: { heartbeat: { interval: 20, tolerance: 10_000 } },
    ours: async (session) => {
      const stream = await session.accept();
      const reader = new ByteReader(stream);
      const type = Buffer.from(await reader.take(4)).toString("hex");
      for (let beat = 0; beat < 2; beat++) await stream.write(await reader.take(4));
      return { isHeartbeat: type === HEARTBEAT ? "yes" : "no" };
    },
    theirs: async (remote) => {
      await remote.nextBeat();
      await remote.nextBeat();
    },
  },
  {
    name: "a ping, and an echo behind it",
    wire: "yamux",
    ours: async (session) => {
      await session.ping();
      return request(session.open(), 100);
    },
    theirs: async (remote) => (await remote.accept()).echo(),
  },
  {
    name: "they end",
    wire: "yamux",
    ours: async (session) => {
      const stream = session.open();
      await stream.write(Buffer.from(SHORT));
      const story = await readStory(stream);
      await stream.closeWrite();
      const accept = await session.accept().then(() => "a stream", codeOf);
      return { accept, ...story };
    },
    theirs: async (remote) => {
      const there = await remote.accept();
      await there.write({ hex: GREETING });
      await there.closeWrite();
      await there.receive();
      await remote.end();
    },
  },
];

/** Sends, half-closes and reads the reply. */
async function request(stream: Stream, bytes: number): Promise<Story> {
  await stream.write(filler(bytes));
  await stream.closeWrite();
  return readStory(stream);
}

/** Reads a stream that the peer opened, and half-closes it too. */
async function greeted(session: Session): Promise<Story> {
  const stream = await session.accept();
  const story = await readStory(stream);
  await stream.closeWrite();
  return { id: stream.id, ...story };
}

/** Bytes that compress well, and whose order is still visible. */
function filler(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

async function readStory(stream: Stream): Promise<Story> {
  const got = new Digester();
  let end = "clean";
  try {
    for await (const chunk of stream) got.add(chunk);
  } catch (error) {
    end = codeOf(error);
  }
  const { bytes, sha256 } = got.digest("clean");
  return { bytes, sha256, end };
}

/** The conversations on a wire. */
export function conversationsOn(wire: Wire): Conversation[] {
  return conversations.filter((conversation) => (conversation.wire ?? wire) === wire);
}

function codeOf(error: unknown): string {
  return (error as MuxadoError).code;
}
