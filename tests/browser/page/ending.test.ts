// How a page learns that its server has ended. Every pending operation settles, with an error that shows what may be
// repeated.

import { MuxadoError, type Session, type Stream } from "@muxado/core";
import { connect } from "@muxado/ws";
import { describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { Stall } from "../server/progress.ts";
import { connected, startServer } from "./server.ts";

/** More bytes than any window. */
const TOO_MUCH = new Uint8Array(1024 * 1024);

interface State {
  /** The first byte that the page sends: it tells the server what to do. */
  readonly first: number;
  /** Action of the page before `wait`. */
  readonly before?: (stream: Stream) => Promise<void>;
  /** The operation that is pending when the server is killed. */
  readonly wait: (stream: Stream) => Promise<unknown>;
  readonly retry: "unsafe" | "unknown";
}

const states: Readonly<Record<string, State>> = {
  "a read, unanswered": {
    first: Stall.nothing,
    wait: (stream) => stream.read(),
    retry: "unknown",
  },
  "a read, after an answer": {
    first: Stall.answer,
    before: async (stream) => expect(await stream.read()).toHaveLength(1),
    wait: (stream) => stream.read(),
    retry: "unsafe",
  },
  "a read, half-closed here": {
    first: Stall.nothing,
    before: (stream) => stream.closeWrite(),
    wait: (stream) => stream.read(),
    retry: "unknown",
  },
  "a write without credit": {
    first: Stall.nothing,
    wait: (stream) => stream.write(TOO_MUCH),
    retry: "unknown",
  },
  "a write, half-closed by the server": {
    first: Stall.halfClose,
    before: async (stream) => expect(await stream.read()).toBeNull(),
    wait: (stream) => stream.write(TOO_MUCH),
    retry: "unsafe",
  },
  "a half-close behind a write": {
    first: Stall.nothing,
    wait: (stream) => {
      stream.write(TOO_MUCH).catch(() => {});
      return stream.closeWrite();
    },
    retry: "unknown",
  },
  "a reader of the readable": {
    first: Stall.nothing,
    wait: (stream) => stream.readable.getReader().read(),
    retry: "unknown",
  },
  "a writer of the writable": {
    first: Stall.nothing,
    wait: (stream) => stream.writable.getWriter().write(TOO_MUCH),
    retry: "unknown",
  },
  "a pipe": {
    first: Stall.nothing,
    wait: (stream) => new Blob([TOO_MUCH]).stream().pipeTo(stream.writable),
    retry: "unknown",
  },
};

describe("a server that is killed", () => {
  test("settles every pending operation of the page", async () => {
    const url = await startServer();
    const session = await connected(`${url}/stall`);
    const streams: Stream[] = [];
    const settled = new Map<string, unknown>();
    let begun = 0;
    const waits = Object.entries(states).map(async ([name, { first, before, wait }]) => {
      const stream = session.open();
      streams.push(stream);
      await stream.write(Uint8Array.of(first));
      await before?.(stream);
      begun++;
      const error = await wait(stream).catch((reason: unknown) => reason);
      settled.set(name, error);
    });
    const accept = session.accept().catch((error: unknown) => error);
    const iteration = (async () => {
      for await (const stream of session) await stream.close();
      return "over";
    })();
    await until(() => begun === waits.length);
    await until(async () => (await commands.reportOf(url)).answered === waits.length);
    await until(() => streams.filter(isWaiting).length === waits.length);
    expect([...settled.keys()]).toEqual([]);

    await commands.killServer(url);
    await Promise.all(waits);
    for (const [name, { retry }] of Object.entries(states)) {
      const error = settled.get(name);
      expect(MuxadoError.is(error), `${name}: ${String(error)}`).toBe(true);
      expect(error, name).toMatchObject({ ...LOST, retry, streamId: expect.any(Number) });
    }
    expect(await accept).toMatchObject(LOST);
    expect(await iteration).toBe("over");
    expect((await session.closed).localError).toMatchObject(LOST);
    expect(session.stats().openStreams).toBe(0);
    for (const stream of streams) expect(stream.error).toMatchObject(LOST);
    expect(openingOf(session)).toMatchObject({ ...LOST, retry: "safe" });
  });

  test("settles a close that waits for streams", async () => {
    const url = await startServer();
    const session = await connected(`${url}/stall`);
    const stream = session.open();
    await stream.write(Uint8Array.of(Stall.answer));
    await stream.read();
    const closing = session.close();
    const reading = stream.read();
    await commands.killServer(url);
    await expect(reading).rejects.toMatchObject({ ...LOST, retry: "unsafe" });
    await closing;
    expect((await session.closed).localError).toMatchObject(LOST);
  });

  test("settles a connect that waits for its answer", async () => {
    const url = await startServer();
    await commands.holdServer(url);
    const connecting = connect(`${url}/stall`);
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    connecting.then(settle, settle);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isSettled).toBe(false);
    await commands.killServer(url);
    await expect(connecting).rejects.toMatchObject({ code: "CONNECT_FAILED", retry: "safe" });
  });
});

test("a server that closes lets its streams end, takes no new ones, and then ends the session", async () => {
  const url = await startServer();
  const session = await connected(`${url}/echo`);
  const stream = session.open();
  await stream.write(Uint8Array.of(1));
  expect(await stream.read()).toEqual(Uint8Array.of(1));
  let isClosed = false;
  const closing = commands.closeServer(url).then(() => void (isClosed = true));
  await until(async () => {
    const late = session.open();
    late.closeWrite().catch(() => {}); // the read fails as well
    const error = await late.read().catch((reason: unknown) => reason);
    if (error === null) return false;
    expect(error).toMatchObject({ code: "STREAM_REFUSED", origin: "remote", retry: "safe" });
    return true;
  });

  await stream.write(Uint8Array.of(2));
  expect(await stream.read()).toEqual(Uint8Array.of(2));
  expect(isClosed).toBe(false);
  await stream.closeWrite();
  expect(await stream.read()).toBeNull();
  await closing;
  expect(await session.closed).toMatchObject({ localError: undefined, remoteError: undefined });
  expect(stream.error).toBeUndefined();
  expect(openingOf(session)).toMatchObject({ code: "SESSION_CLOSED", retry: "safe" });
  await expect(connect(`${url}/echo`)).rejects.toMatchObject({ code: "CONNECT_FAILED" });
  expect(await commands.reportOf(url)).toMatchObject({ ends: [null], complaints: [] });
  expect(await commands.stopServer(url)).toBe(0);
});

test("the server learns that a page has ended its session", async () => {
  const url = await startServer();
  const session = await connected(`${url}/stall`);
  const stream = session.open();
  await stream.write(Uint8Array.of(Stall.answer));
  await stream.read();
  session.destroy();
  await session.closed;
  await until(async () => (await commands.reportOf(url)).ends.length === 1);
  expect(await commands.reportOf(url)).toMatchObject({ openStreams: 0, complaints: [] });
});

/** The error of every operation whose server is lost. */
const LOST = { code: "TRANSPORT_FAILED", scope: "session", origin: "remote" };

/** Returns what `open` throws, or the stream. */
function openingOf(session: Session): unknown {
  try {
    return session.open();
  } catch (error) {
    return error;
  }
}

function isWaiting(stream: Stream): boolean {
  const { readBlocked, writeBlockedBy } = stream.stats();
  return readBlocked || writeBlockedBy === "window";
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
