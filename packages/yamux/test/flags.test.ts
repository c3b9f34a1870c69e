// Flags: on both types of frame, in every combination that a peer may put into one frame. Spec §4, §5.

import { bytes } from "@muxado/testkit";
import { type Frame, FrameType, putData, putWindowUpdate } from "@muxado/yamux";
import { describe, expect, it } from "vitest";
import { data, flag, type Flags, Peer, ping, update } from "./peer.ts";

/** Every set of flags. */
const FLAGS: Flags[] = Array.from({ length: 16 }, (_, bits) =>
  ["SYN", "ACK", "FIN", "RST"].filter((_name, bit) => (bits & (1 << bit)) !== 0).join(" "),
);

/** Returns a server with a stream that the peer has opened and the server has accepted. */
async function serving(): Promise<{
  peer: Peer;
  stream: Awaited<ReturnType<Peer["session"]["accept"]>>;
}> {
  const peer = new Peer({ role: "server" });
  peer.send(flag(1, "SYN"));
  const stream = await peer.session.accept();
  peer.take();
  return { peer, stream };
}

/** Proves that nothing else was harmed: the session serves the next stream. */
async function expectUnharmed(peer: Peer): Promise<void> {
  peer.send(data(9001, "still", "SYN"));
  const stream = await peer.session.accept();
  expect(stream.id).toBe(9001);
  expect(stream.take()).toEqual(bytes("still"));
}

describe("SYN", () => {
  it.each<[string, Frame]>([
    ["Data", data(1, 0, "SYN")],
    ["Data with a body", data(1, "body", "SYN")],
    ["Window Update", flag(1, "SYN")],
    ["Window Update with credit", update(1, 1000, "SYN")],
  ])("opens a stream on %s", async (_what, frame) => {
    const peer = new Peer({ role: "server" });
    peer.send(frame);
    const stream = await peer.session.accept();
    expect(stream.id).toBe(1);
    if (frame.type === "data") {
      expect(stream.take()).toEqual(frame.body.length === 0 ? undefined : frame.body);
    }
    const granted = frame.type === "windowUpdate" ? frame.increment : 0;
    expect(stream.stats().credit).toBe(262_144 + granted);
  });

  it.each([data(1, 0, "SYN"), data(1, 5, "SYN"), flag(1, "SYN"), update(1, 5, "SYN FIN")])(
    "on a stream that is open ends the session: %o",
    async (frame) => {
      const { peer, stream } = await serving();
      peer.send(frame);
      expect(peer.take()).toEqual(["goAway 1"]);
      expect(stream.error).toMatchObject({ code: "PROTOCOL_ERROR", scope: "session" });
    },
  );

  it.each([data(2, 0, "SYN"), flag(2, "SYN"), update(2, 5, "SYN FIN ACK")])(
    "on an id of our own parity ends the session: %o",
    (frame) => {
      const peer = new Peer({ role: "server" });
      peer.send(frame);
      expect(peer.take()).toEqual(["goAway 1"]);
    },
  );

  it("whose body is longer than the first window opens nothing (CVE-2026-32314)", async () => {
    const peer = new Peer({ role: "server" });
    const header = new Uint8Array(12);
    putData(header, 0, 1, 1, 262_145);
    peer.sendBytes(header);
    expect(peer.take()).toEqual(["1: update 3 RST"]);
    expect(peer.session.stats()).toMatchObject({ openStreams: 0, waitingForAccept: 0 });
    // The session drops the body, and still reads the next frame.
    for (let left = 262_145; left > 0; left -= 1005)
      peer.sendBytes(new Uint8Array(Math.min(left, 1005)));
    await expectUnharmed(peer);
  });

  it("whose body is just as long as the first window is welcome", async () => {
    const peer = new Peer({ role: "server" });
    peer.send(data(1, 262_144, "SYN"));
    expect((await peer.session.accept()).stats().bytesUnread).toBe(262_144);
  });
});

describe("FIN", () => {
  it.each<[string, Frame, number]>([
    ["Data", data(1, 0, "FIN"), 0],
    ["Data with a body, which comes first", data(1, 7, "FIN"), 7],
    ["Window Update", flag(1, "FIN"), 0],
  ])("ends a direction on %s", async (_what, frame, length) => {
    const { peer, stream } = await serving();
    peer.send(frame);
    if (length > 0) expect(stream.take()).toEqual(bytes(length));
    expect(stream.take()).toBe(null);
    void stream.write(bytes(3));
    expect(peer.take()).toEqual(["1: data 3"]);
  });

  it("on a Window Update with credit grants that, too", async () => {
    const { peer, stream } = await serving();
    peer.send(update(1, 1000, "FIN"));
    expect(stream.stats().credit).toBe(263_144);
    expect(stream.take()).toBe(null);
  });

  it("ends a direction when all of its body has come, and not before", async () => {
    const { peer, stream } = await serving();
    const header = new Uint8Array(12);
    putData(header, 0, 1, 4, 10);
    peer.sendBytes(header);
    peer.sendBytes(bytes(9));
    expect(stream.take()).toHaveLength(9);
    expect(stream.take()).toBe(undefined);
    peer.sendBytes(bytes(1));
    expect(stream.take()).toHaveLength(1);
    expect(stream.take()).toBe(null);
  });

  it("is harmless when repeated, and on a stream that is not there", async () => {
    const { peer, stream } = await serving();
    peer.send(
      flag(1, "FIN"),
      data(1, 0, "FIN"),
      flag(1, "FIN"),
      flag(77, "FIN"),
      data(77, 0, "FIN"),
    );
    expect(stream.take()).toBe(null);
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("is followed by credit that is late, and harmless", async () => {
    const { peer, stream } = await serving();
    void stream.closeWrite();
    peer.take();
    peer.send(update(1, 1000));
    peer.send(flag(1, "FIN"), update(1, 1000));
    expect(peer.take()).toEqual([]);
    expect(stream.error).toBe(undefined);
    await expectUnharmed(peer);
  });

  it("is followed by bytes, which are refused", async () => {
    const { peer, stream } = await serving();
    peer.send(flag(1, "FIN"), data(1, 5));
    expect(peer.take()).toEqual(["1: update 4 RST"]);
    expect(stream.error).toMatchObject({ code: "STREAM_CLOSED", origin: "remote" });
  });
});

describe("RST", () => {
  it.each<[string, Frame, object]>([
    ["Data", data(1, 0, "RST"), { code: "STREAM_RESET", wireCode: 0 }],
    [
      "Data with a body, which is nobody's",
      data(1, 7, "RST"),
      { code: "STREAM_RESET", wireCode: 0 },
    ],
    ["Window Update", flag(1, "RST"), { code: "STREAM_RESET", wireCode: 0 }],
    ["Window Update with a code", update(1, 6, "RST"), { code: "STREAM_CANCELLED", wireCode: 6 }],
    [
      "Window Update with any code",
      update(1, 12345, "RST"),
      { code: "UNKNOWN_CODE", wireCode: 12345 },
    ],
    ["Window Update with the last code", update(1, 0xffffffff, "RST"), { wireCode: 0xffffffff }],
  ])("ends both directions on %s", async (_what, frame, expected) => {
    const { peer, stream } = await serving();
    peer.send(frame);
    expect(stream.error).toMatchObject({
      scope: "stream",
      origin: "remote",
      streamId: 1,
      ...expected,
    });
    expect(() => stream.take()).toThrow(stream.error);
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("leaves what has come before it to the reader", async () => {
    const { peer, stream } = await serving();
    peer.send(data(1, "last words"), data(1, "and not these", "RST"));
    expect(stream.take()).toEqual(bytes("last words"));
    expect(() => stream.take()).toThrow(stream.error);
  });

  it.each([1, 5, 12, 100])(
    "whose body comes in pieces of %i drops all of it, and nothing else",
    async (size) => {
      const { peer, stream } = await serving();
      const header = new Uint8Array(12);
      putData(header, 0, 1, 8, 100);
      const all = new Uint8Array([...header, ...bytes(100)]);
      for (let at = 0; at < all.length; at += size) peer.sendBytes(all.slice(at, at + size));
      expect(stream.error).toMatchObject({ code: "STREAM_RESET" });
      await expectUnharmed(peer);
      expect(peer.session.stats().openStreams).toBe(1);
    },
  );

  it("on a stream that is not there is harmless, with a body, too", async () => {
    const peer = new Peer({ role: "server" });
    peer.send(flag(1, "RST"), update(3, 5, "RST"), data(5, 10, "RST"), data(2, 10, "RST"));
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("with SYN opens nothing", async () => {
    const peer = new Peer({ role: "server" });
    peer.send(flag(1, "SYN RST"), data(3, 5, "SYN RST"));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats()).toMatchObject({ openStreams: 0, waitingForAccept: 0 });
    await expectUnharmed(peer);
  });

  it.each<[number | "STREAM_REFUSED" | "INTERNAL_ERROR", number]>([
    [1, 1],
    [77, 77],
    [0xffffffff, 0xffffffff],
    ["STREAM_REFUSED", 5],
    ["INTERNAL_ERROR", 2],
  ])("of ours carries the code in the place of credit: %s", async (code, wireCode) => {
    const { peer, stream } = await serving();
    stream.reset(code);
    expect(peer.take()).toEqual([`1: update ${wireCode} RST`]);
  });
});

describe("SYN and FIN in one frame", () => {
  it.each<[string, Frame, string]>([
    ["Data", data(1, "all of it", "SYN FIN"), "all of it"],
    ["Data without a body", data(1, 0, "SYN FIN"), ""],
    ["Window Update", flag(1, "SYN FIN"), ""],
  ])("are a stream with one direction: %s", async (_what, frame, content) => {
    const peer = new Peer({ role: "server" });
    peer.send(frame);
    const stream = await peer.session.accept();
    if (content !== "") expect(stream.take()).toEqual(bytes(content));
    expect(stream.take()).toBe(null);
    void stream.write(bytes(2));
    void stream.closeWrite();
    expect(peer.take()).toEqual(["1: data 2 ACK", "1: update 0 FIN"]);
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("with a body in pieces end when the last one has come", async () => {
    const peer = new Peer({ role: "server" });
    const header = new Uint8Array(12);
    putData(header, 0, 1, 5, 6);
    peer.sendBytes(new Uint8Array([...header, 1, 2]));
    const stream = await peer.session.accept();
    expect(stream.take()).toEqual(Uint8Array.of(1, 2));
    expect(stream.take()).toBe(undefined);
    peer.sendBytes(Uint8Array.of(3, 4, 5, 6));
    expect(stream.take()).toEqual(Uint8Array.of(3, 4, 5, 6));
    expect(stream.take()).toBe(null);
  });
});

describe("all sets of flags", () => {
  const KINDS: [string, (id: number, flags: Flags) => Frame][] = [
    ["Data", (id, flags) => data(id, 0, flags)],
    ["Data with a body", (id, flags) => data(id, 8, flags)],
    ["Window Update", (id, flags) => flag(id, flags)],
    ["Window Update with credit", (id, flags) => update(id, 8, flags)],
  ];
  const rows = KINDS.flatMap(([kind, make]) => FLAGS.map((flags) => [kind, flags, make] as const));

  it.each(rows)("%s, %s: on no stream", async (kind, flags, make) => {
    const peer = new Peer({ role: "server" });
    peer.send(make(1, flags));
    const opens = flags.includes("SYN") && !flags.includes("RST");
    expect(peer.session.stats().waitingForAccept).toBe(opens ? 1 : 0);
    // The session refuses bytes on a stream that does not exist. All other frames are late and harmless.
    const isRefused = !opens && kind === "Data with a body" && !flags.includes("RST");
    expect(peer.take()).toEqual(isRefused ? ["1: update 4 RST"] : []);
    if (opens) await peer.session.accept();
    await expectUnharmed(peer);
  });

  it.each(rows)(
    "%s, %s: on a stream of ours that waits for its ACK",
    async (_kind, flags, make) => {
      const peer = new Peer({ role: "server", maxUnacknowledged: 1 });
      const [stream, held] = [peer.session.open(), peer.session.open()];
      peer.take();
      peer.send(make(2, flags));
      if (flags.includes("RST")) {
        expect(stream.error).toMatchObject({ origin: "remote", scope: "stream" });
      } else if (flags.includes("SYN")) {
        expect(stream.error).toMatchObject({ code: "PROTOCOL_ERROR", scope: "session" });
        expect(peer.take()).toEqual(["goAway 1"]);
        return;
      } else {
        expect(stream.error).toBe(undefined);
      }
      if (flags.includes("ACK") || flags.includes("RST"))
        expect(peer.take()).toEqual(["4: update 0 SYN"]);
      expect(held.error).toBe(undefined);
      await expectUnharmed(peer);
    },
  );

  it("but those that have no meaning are ignored", async () => {
    const { peer, stream } = await serving();
    const frame = new Uint8Array(12);
    putWindowUpdate(frame, 0, 1, 0, 100);
    frame[2] = 0xff;
    frame[3] = 0xf0;
    peer.sendBytes(frame);
    expect(frame[1]).toBe(FrameType.WINDOW_UPDATE);
    expect(stream.stats().credit).toBe(262_244);
    expect(peer.take()).toEqual([]);
  });
});

describe("frames without content", () => {
  it.each<[string, Frame]>([
    ["Data", data(1)],
    ["Window Update", update(1, 0)],
  ])("are taken a hundred times in a row, and no more: %s", async (_what, frame) => {
    const { peer, stream } = await serving();
    peer.send(...Array.from({ length: 100 }, () => frame));
    expect(stream.error).toBe(undefined);
    peer.send(update(1, 1), ...Array.from({ length: 100 }, () => frame));
    expect(stream.error).toBe(undefined);
    peer.send(frame);
    expect(stream.error).toMatchObject({ code: "ENHANCE_YOUR_CALM", scope: "session" });
    expect(peer.take()).toEqual(["goAway 1"]);
  });
});

describe("a frame that arrives", () => {
  it.each<[string, Frame, number]>([
    ["SYN", flag(1, "SYN"), 1],
    ["ACK", flag(2, "ACK"), 1],
    ["a ping", ping(1), 1],
    ["SYN, credit and FIN in one", update(1, 5, "SYN FIN"), 3],
  ])("counts, for each thing that it says: %s", (_what, frame, count) => {
    const peer = new Peer({ role: "server" });
    peer.session.open();
    peer.take();
    peer.send(frame);
    expect(peer.session.stats().framesReceived).toBe(count);
  });
});
