// Memory that is shared between threads: a session takes it from everybody and gives it to nobody, as its types
// declare.

import { type Frame, encode, HEADER_LENGTH } from "@muxado/frame";
import { rawPeer } from "@muxado/testkit";
import { Session, type TracedFrame, type Transport, type TransportInput } from "@muxado/core";
import { Recorder, Recording } from "@muxado/core/recording";
import { expect, test } from "vitest";

function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** The session of a server, the chunks that it gives its transport, and the input that the transport reports to. */
function served(trace?: (frame: TracedFrame) => void): {
  session: Session;
  input: TransportInput;
  written: Uint8Array<ArrayBuffer>[];
} {
  const written: Uint8Array<ArrayBuffer>[] = [];
  let input!: TransportInput;
  const transport: Transport = {
    start: (its) => (input = its),
    write(chunks) {
      written.push(...chunks);
      input.written();
    },
    end() {},
    destroy: () => input.ended(),
  };
  const session = new Session(transport, "server", { scheduleFlush: (flush) => flush(), trace });
  return { session, input, written };
}

const hello: Frame = {
  type: "data",
  streamId: 1,
  syn: true,
  fin: true,
  body: new TextEncoder().encode("hello".repeat(1000)),
};

test("a transport may deliver chunks in shared memory: readers get memory of their own", async () => {
  const { session, input } = served();
  input.receive(shared(encode(hello)));
  const chunk = await (await session.accept()).read();
  expect(chunk!.buffer).toBeInstanceOf(ArrayBuffer);
  expect(chunk).toEqual(hello.body);
  session.destroy();
});

test("bytes that a transport delivers in shared memory can be read as a Web Stream", async () => {
  const { session, input } = served();
  const bytes = encode(hello);
  // The body alone, with nothing else in its memory. Such memory is given to the reader without a copy.
  input.receive(shared(bytes.subarray(0, HEADER_LENGTH)));
  input.receive(shared(bytes.subarray(HEADER_LENGTH)));
  const { readable } = await session.accept();
  expect(await new Response(readable).text()).toBe("hello".repeat(1000));
  session.destroy();
});

test("a transport is given no shared memory, however much of it is written", async () => {
  const { session, written } = served();
  const stream = session.open();
  const bytes = shared(new Uint8Array(100_000).fill(7));
  await stream.write(bytes);
  expect(written.map(({ buffer }) => buffer[Symbol.toStringTag])).not.toContain(
    "SharedArrayBuffer",
  );
  expect(written.flatMap((chunk) => [...chunk]).filter((byte) => byte === 7)).toHaveLength(100_000);
  session.destroy();
});

test("a trace is shown the debug data of our own GOAWAY in memory of its own", () => {
  const seen: TracedFrame[] = [];
  const { session } = rawPeer({ trace: (frame) => void seen.push(frame) });
  session.goAway("NO_ERROR", shared(Uint8Array.of(1, 2, 3)));
  const [frame] = seen;
  expect(frame).toMatchObject({ kind: "goAway", debug: Uint8Array.of(1, 2, 3) });
  expect(frame!.kind === "goAway" && frame!.debug.buffer).toBeInstanceOf(ArrayBuffer);
  session.destroy();
});

test("a recording may lie in shared memory: what its entries show does not", () => {
  const recorder = new Recorder();
  const peer = rawPeer({ record: recorder.record });
  void peer.session.open().write(Uint8Array.of(1, 2, 3));
  peer.flush();
  peer.session.destroy();
  const entries = [...new Recording(shared(recorder.bytes()))];
  const shown = entries.flatMap((entry) => (entry.kind === "out" ? [entry.bytes] : []));
  expect(shown.map(({ buffer }) => buffer[Symbol.toStringTag])).toContain("ArrayBuffer");
  expect(shown.map(({ buffer }) => buffer[Symbol.toStringTag])).not.toContain("SharedArrayBuffer");
});
