// A session over a pair of Web Streams: the session's reaction to the ends and failures of the pair.

import { encode } from "@muxado/frame";
import { settle, bytes, data, goAway, syn } from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { attach, type ByteStreamPair } from "./attach.ts";

interface Bench {
  readonly pair: ByteStreamPair;
  readonly input: ReadableStreamDefaultController<Uint8Array>;
  readonly output: WritableStreamDefaultController;
  readonly sent: Uint8Array[];
  readonly cancelled: ReturnType<typeof vi.fn>;
  readonly closed: ReturnType<typeof vi.fn>;
  readonly aborted: ReturnType<typeof vi.fn>;
}

function bench(write: () => Promise<void> = () => Promise.resolve()): Bench {
  let input!: ReadableStreamDefaultController<Uint8Array>;
  let output!: WritableStreamDefaultController;
  const sent: Uint8Array[] = [];
  const [cancelled, closed, aborted] = [vi.fn(), vi.fn(), vi.fn()];
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => void (input = controller),
    cancel: cancelled,
  });
  const writable = new WritableStream<Uint8Array>({
    start: (controller) => void (output = controller),
    write: (chunk) => {
      sent.push(chunk);
      return write();
    },
    close: closed,
    abort: aborted,
  });
  return { pair: { readable, writable }, input, output, sent, cancelled, closed, aborted };
}

describe("a pair", () => {
  it("is locked from the beginning", () => {
    const { pair } = bench();
    attach(pair, { role: "client" });
    expect([pair.readable.locked, pair.writable.locked]).toEqual([true, true]);
  });

  it("that is locked already is refused, with a TypeError", () => {
    const { pair } = bench();
    pair.readable.getReader();
    expect(() => attach(pair, { role: "client" })).toThrow(TypeError);
  });

  it("is refused with an option out of range, which the RangeError names", () => {
    const { pair } = bench();
    expect(() => attach(pair, { role: "client", windowSize: 0 })).toThrow(/^windowSize/);
  });

  it("carries bytes both ways", async () => {
    const { pair, input, sent } = bench();
    const session = attach(pair, { role: "server" });
    input.enqueue(encode(syn(3, "ask")));
    const stream = await session.accept();
    expect(await stream.read()).toEqual(bytes("ask"));
    await stream.write(bytes("answer"));
    await vi.waitFor(() => expect(Buffer.concat(sent).toString()).toContain("answer"));
  });

  it("gets memory of its own: a sink may keep the chunks", async () => {
    const { pair, sent } = bench();
    const session = attach(pair, { role: "server" });
    const first = session.open();
    await first.write(bytes("first"));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    const before = [...sent[0]!];
    await first.write(bytes("again and again"));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect([...sent[0]!]).toEqual(before);
    expect(sent[0]!.buffer).not.toBe(sent[1]!.buffer);
  });
});

describe("the end", () => {
  it("of the session closes one half of the pair and, after the linger time, gives up the other", async () => {
    const { pair, cancelled, closed } = bench();
    const session = attach(pair, { role: "client", closeTimeout: 0, lingerTimeout: 0 });
    await session.close();
    expect(closed).toHaveBeenCalledOnce();
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("the end of the peer's bytes ends the session", async () => {
    const { pair, input } = bench();
    const session = attach(pair, { role: "client" });
    input.close();
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
  });

  it("the end of the peer's bytes after its GOAWAY ends the session gracefully", async () => {
    const { pair, input, closed } = bench();
    const session = attach(pair, { role: "client" });
    input.enqueue(encode(goAway(0)));
    input.close();
    expect((await session.closed).localError).toBeUndefined();
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe("a failure", () => {
  const cause = new Error("the cable was cut");
  const failed = { code: "TRANSPORT_FAILED", origin: "local", cause };

  it("a failure after a GOAWAY with a reason changes nothing, even if streams are open", async () => {
    const { pair, input } = bench();
    const session = attach(pair, { role: "client" });
    const stream = session.open();
    await stream.write(bytes("a question"));
    input.enqueue(encode(goAway(100, "PROTOCOL_ERROR")));
    await vi.waitFor(() => expect(() => session.open()).toThrow());
    input.error(cause);
    const end = await session.closed;
    expect(end.localError).toBeUndefined();
    expect(end.remoteError).toMatchObject({ code: "PROTOCOL_ERROR", origin: "remote" });
    expect(stream.error).toMatchObject({ code: "SESSION_CLOSED", cause: end.remoteError });
  });

  it("after a GOAWAY that has said why is the session's, if the peer went on after it", async () => {
    const { pair, input } = bench();
    const session = attach(pair, { role: "client" });
    const stream = session.open();
    await stream.write(bytes("a question"));
    input.enqueue(encode(goAway(100, "ENHANCE_YOUR_CALM")));
    input.enqueue(encode(data(stream.id, "an answer")));
    expect(await stream.read()).toEqual(bytes("an answer"));
    input.error(cause);
    const end = await session.closed;
    expect(end.localError).toMatchObject(failed);
    expect(end.remoteError).toMatchObject({ code: "ENHANCE_YOUR_CALM" });
  });

  it("after a GOAWAY that has said nothing is the session's, with a stream open", async () => {
    const { pair, input } = bench();
    const session = attach(pair, { role: "client" });
    await session.open().write(bytes("a question"));
    input.enqueue(encode(goAway(100)));
    await vi.waitFor(() => expect(() => session.open()).toThrow());
    input.error(cause);
    expect((await session.closed).localError).toMatchObject(failed);
  });

  it("of the readable half is the session's", async () => {
    const { pair, input, aborted } = bench();
    const session = attach(pair, { role: "client" });
    input.error(cause);
    expect((await session.closed).localError).toMatchObject(failed);
    expect(aborted).toHaveBeenCalledOnce();
  });

  it("of the writable half is the session's, also while nothing is written", async () => {
    const { pair, output, cancelled } = bench();
    const session = attach(pair, { role: "client" });
    output.error(cause);
    expect((await session.closed).localError).toMatchObject(failed);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("of a write is the session's", async () => {
    const { pair } = bench(() => Promise.reject(cause));
    const session = attach(pair, { role: "client" });
    const stream = session.open();
    const writing = stream.write(bytes(10_000));
    await expect(writing).rejects.toMatchObject(failed);
    expect((await session.closed).localError).toMatchObject(failed);
  });

  it("never causes an unhandled rejection", async () => {
    const reported = vi.fn();
    process.on("unhandledRejection", reported);
    for (const fail of ["input", "output"] as const) {
      const made = bench();
      const session = attach(made.pair, { role: "client" });
      made[fail].error(cause);
      await session.closed;
      await settle();
    }
    await settle();
    process.off("unhandledRejection", reported);
    expect(reported).not.toHaveBeenCalled();
  });
});
