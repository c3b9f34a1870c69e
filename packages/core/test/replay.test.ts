// A session with a recording repeats the same conversation, byte for byte. A session that does something else gets a
// report of when and where.

import { attach, Session, type SessionOptions, type Stream } from "@muxado/core";
import { Recorder, Recording, RecordingError, replay, type Replay } from "@muxado/core/recording";
import { FrameDecoder } from "@muxado/frame";
import { connectedPair, type PairOptions, settle } from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";

type Application = (session: Session) => Promise<unknown>;

/** Sends back the bytes that arrive, after a word of its own. */
const echo =
  (word: string): Application =>
  async (session) => {
    const serve = async (stream: Stream): Promise<void> => {
      await stream.write(Buffer.from(word));
      for await (const chunk of stream) await stream.write(chunk);
      await stream.close();
    };
    for await (const stream of session) serve(stream).catch(() => stream.reset());
  };

/** Sends requests of all sizes, one after the other and at once, and closes. */
const ask =
  (sizes: readonly number[]): Application =>
  async (session) => {
    const one = async (size: number): Promise<number> => {
      const stream = session.open();
      const write = async (): Promise<void> => {
        await stream.write(new Uint8Array(size).fill(size));
        await stream.closeWrite();
      };
      let read = 0;
      const readAll = async (): Promise<void> => {
        for await (const chunk of stream) read += chunk.length;
      };
      await Promise.all([write(), readAll()]);
      return read;
    };
    await one(sizes[0]!);
    await Promise.all(sizes.map(one));
    await session.close();
  };

const SIZES = [5, 0, 4097, 100_000, 300_000];

/** Two applications talk over a simulated link. Both sides are recorded. */
async function conversation(client: Application, server: Application, options?: PairOptions) {
  const recorders = [new Recorder(), new Recorder()] as const;
  const pair = connectedPair({
    latency: [1, 30],
    writeTime: [0, 4],
    chunks: "cut",
    ...options,
    client: { ...options?.client, record: recorders[0].record },
    server: { ...options?.server, record: recorders[1].record },
  });
  const done = [client(pair.client), server(pair.server)].map((one) => one.catch(() => {}));
  await pair.advance(400_000);
  await Promise.all(done);
  return { client: recorders[0].bytes(), server: recorders[1].bytes(), pair };
}

/** Replays one side. */
function again(
  recording: Recording | Uint8Array,
  application: Application,
  options?: SessionOptions,
): Promise<Replay<Session>> {
  return replay(recording, (transport, role, given) => {
    const session = new Session(transport, role, { ...options, ...given });
    application(session).catch(() => {});
    return session;
  });
}

/** Returns nothing if the recording stops in the middle of an entry. */
function kindsIn(recording: Uint8Array): string[] {
  try {
    return [...new Recording(recording)].map(({ kind }) => kind);
  } catch {
    return [];
  }
}

function sentIn(recording: Uint8Array): Buffer {
  const entries = [...new Recording(recording)];
  return Buffer.concat(entries.map((entry) => (entry.kind === "out" ? entry.bytes : Buffer.of())));
}

describe("the same application", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "sends the same bytes again, on both sides (seed %i)",
    async (seed) => {
      const { client, server } = await conversation(ask(SIZES), echo("hello"), { seed });
      expect(sentIn(client).length).toBeGreaterThan(400_000);
      for (const [recording, application] of [
        [client, ask(SIZES)],
        [server, echo("hello")],
      ] as const) {
        const { difference, sent, started } = await again(recording, application);
        expect(difference?.message).toBe(undefined);
        expect(Buffer.from(sent).equals(sentIn(recording))).toBe(true);
        expect((await started.closed).localError).toBe(undefined);
      }
    },
  );

  it("does so with a transport that takes little at a time, and small windows", async () => {
    const session = { windowSize: 20_000, transportBudget: 5000 };
    const { client, server } = await conversation(ask(SIZES), echo("hello"), { session, seed: 5 });
    expect((await again(client, ask(SIZES), session)).difference?.message).toBe(undefined);
    expect((await again(server, echo("hello"), session)).difference?.message).toBe(undefined);
  });

  it.each([
    [1, 262_144],
    [262_144, 1],
  ])("does so however its output is cut into writes (budget %i, then %i)", async (first, then) => {
    const session = { transportBudget: first };
    const { client } = await conversation(ask([300_000]), echo("hello"), { session });
    const { difference } = await again(client, ask([300_000]), { transportBudget: then });
    expect(difference?.message).toBe(undefined);
  });

  it("and can itself be recorded: the same entries come at the same times", async () => {
    const { client } = await conversation(ask(SIZES), echo("hello"), { latency: [3, 3] });
    const recorder = new Recorder();
    await again(client, ask(SIZES), { record: recorder.record });
    const essence = (bytes: Uint8Array): unknown[] =>
      [...new Recording(bytes)].flatMap((entry) =>
        entry.kind === "in" || entry.kind === "out"
          ? [[entry.time, entry.kind, entry.bytes.length]]
          : [],
      );
    expect(essence(recorder.bytes())).toEqual(essence(client));
  });

  it("has its timers at the recorded times", async () => {
    // Nobody accepts the stream: the server refuses it after a minute.
    const opens: Application = async (session) => {
      await session.open().write(Buffer.from("anybody?"));
    };
    const sleeps: Application = () => new Promise(() => {});
    const options = { acceptTimeout: 1000 };
    const recorder = new Recorder();
    const pair = connectedPair({ server: { ...options, record: recorder.record } });
    void opens(pair.client);
    void sleeps(pair.server);
    await pair.advance(5000);
    const refusal = [...new Recording(recorder.bytes())].find(({ kind }) => kind === "out");
    expect(refusal?.time).toBeGreaterThanOrEqual(1000);
    const { difference } = await again(recorder.bytes(), sleeps, options);
    expect(difference?.message).toBe(undefined);
    const { difference: late } = await again(recorder.bytes(), sleeps, { acceptTimeout: 5000 });
    expect(late).toMatchObject({ time: refusal!.time, offset: 0, replayed: new Uint8Array(0) });
  });

  it("over real Web Streams and the platform's clock", async () => {
    const recorders = [new Recorder(), new Recorder()] as const;
    const [there, back] = [0, 1].map(() => new TransformStream<Uint8Array, Uint8Array>()) as [
      TransformStream<Uint8Array, Uint8Array>,
      TransformStream<Uint8Array, Uint8Array>,
    ];
    const options = { windowSize: 262_144 };
    const client = attach(
      { readable: back.readable, writable: there.writable },
      { role: "client", ...options, record: recorders[0].record },
    );
    const server = attach(
      { readable: there.readable, writable: back.writable },
      { role: "server", ...options, record: recorders[1].record },
    );
    const serving = echo("hello")(server).catch(() => {});
    await ask([5, 5000])(client);
    await Promise.all([serving, client.closed, server.closed]);
    for (const [recorder, application] of [
      [recorders[0], ask([5, 5000])],
      [recorders[1], echo("hello")],
    ] as const) {
      const { difference } = await again(recorder.bytes(), application, options);
      expect(difference?.message).toBe(undefined);
    }
  });

  it("also when the transport failed in the middle: what waits then fails again", async () => {
    const recorder = new Recorder();
    const pair = connectedPair({ latency: [1, 5], client: { record: recorder.record } });
    const waits: Application = async (session) => {
      await session.open().write(Buffer.from("anybody?"));
      await session.accept();
    };
    const outcome = waits(pair.client).catch((error: unknown) => error);
    await pair.advance(10);
    pair.link.client.fail(new Error("wire cut"));
    await pair.drive();
    expect(await outcome).toMatchObject({ code: "TRANSPORT_FAILED" });
    const { difference, started } = await again(recorder.bytes(), waits);
    expect(difference).toBe(undefined);
    expect(String((await started.closed).localError)).toContain("wire cut");
  });
});

describe("an application that has changed", () => {
  it("an application that has changed is told the time, place and bytes of the difference", async () => {
    const { server } = await conversation(ask([5]), echo("hello"));
    const { difference } = await again(server, echo("hullo"));
    const first = [...new Recording(server)].find(({ kind }) => kind === "out")!;
    // A frame header of 8 bytes, and an h.
    expect(difference).toMatchObject({ time: first.time, offset: 9 });
    expect(Buffer.from(difference!.recorded).toString("latin1").slice(0, 4)).toBe("ello");
    expect(Buffer.from(difference!.replayed).toString("latin1").slice(0, 4)).toBe("ullo");
    expect(difference!.message).toMatch(
      /^at [\d.]+ ms, from byte 9 of the session's output: recorded \d+ bytes 656c6c6f\w*…?, replayed \d+ bytes 756c6c6f/,
    );
  });

  it("is told that it sent less", async () => {
    const { client } = await conversation(ask([5]), echo("hello"));
    const { difference, sent } = await again(client, () => new Promise(() => {}));
    expect(difference).toMatchObject({ offset: 0, replayed: new Uint8Array(0) });
    expect(difference!.message).toContain("replayed nothing");
    expect(sent.length).toBe(0);
  });

  it("is told that it sent more", async () => {
    const recorder = new Recorder();
    const pair = connectedPair({ client: { record: recorder.record } });
    void pair.client.open().write(Uint8Array.of(1));
    await pair.drive();
    const { difference } = await again(recorder.bytes(), async (session) => {
      await session.open().write(Uint8Array.of(1, 2));
    });
    // The length in the header already differs.
    expect(difference?.offset).toBeLessThan(9);
    const { difference: more } = await again(recorder.bytes(), async (session) => {
      await session.open().write(Uint8Array.of(1));
      await session.open().write(Uint8Array.of(2));
    });
    expect(more).toMatchObject({ offset: 9, recorded: new Uint8Array(0) });
    expect(more!.message).toContain("recorded nothing, replayed 9 bytes");
  });

  it("leaves nothing that waits", async () => {
    const { server } = await conversation(ask([5]), echo("hello"));
    const { started } = await again(server, echo("hullo"));
    expect((await started.closed).localError).toMatchObject({ code: "TRANSPORT_FAILED" });
  });
});

describe("a replay", () => {
  it("gives the session chunks of its own", async () => {
    const { server } = await conversation(ask([5000]), echo("hello"));
    const before = server.slice();
    await again(server, async (session) => {
      for await (const stream of session) {
        void (async () => {
          for await (const chunk of stream) chunk.fill(0xee);
        })().catch(() => {});
      }
    });
    expect(Buffer.from(server).equals(before)).toBe(true);
  });

  it("of a recording that stops in the middle compares as far as it goes", async () => {
    const { client } = await conversation(ask(SIZES), echo("hello"));
    const error = firstError(client.subarray(0, client.length >> 1));
    expect(error).toBeInstanceOf(RecordingError);
    await expect(again(client.subarray(0, client.length >> 1), ask(SIZES))).rejects.toThrow(
      RecordingError,
    );
    const { difference, sent } = await again(client.subarray(0, error!.offset), ask(SIZES));
    expect(difference?.message).toBe(undefined);
    expect(sent.length).toBeGreaterThan(0);
  });

  it("of a recording that stops before a long answer accepts the answer's head start", async () => {
    const answering: Application = async (session) => {
      const stream = await session.accept();
      for (let written = 0; written < 4; written++) await stream.write(new Uint8Array(1000));
    };
    const recorder = new Recorder();
    const pair = connectedPair({ server: { record: recorder.record } });
    void pair.client.open().write(Uint8Array.of(1));
    const serving = answering(pair.server);
    await pair.drive();
    await serving;
    const whole = recorder.bytes();
    const lengths = Array.from({ length: whole.length }, (_, index) => whole.length - index);
    const length = lengths.find((end) => kindsIn(whole.subarray(0, end)).at(-1) === "in");
    expect(length).toBeLessThan(whole.length);
    const { difference } = await again(whole.subarray(0, length), answering);
    expect(difference?.message).toBe(undefined);
  });

  it("gives the session the recorded microseconds, whatever binary fractions add up to", async () => {
    // It began at 100 µs, with a confirmation 200 µs later.
    const bytes = Buffer.from("muxrec\x01\x00\x64\x06muxado\x00\x8a\x19", "latin1");
    const { started } = await replay(bytes, (transport, role, { clock, scheduleFlush }) => {
      void new Session(transport, role, { clock, scheduleFlush });
      return clock;
    });
    expect(started.now()).toBe(0.3);
  });

  it("starts nothing if the recording is broken", async () => {
    const start = vi.fn();
    await expect(replay(new Uint8Array(3), start)).rejects.toThrow(RecordingError);
    expect(start).not.toHaveBeenCalled();
  });

  it("needs a session", async () => {
    const { client } = await conversation(ask([5]), echo("hello"));
    await expect(replay(client, () => {})).rejects.toThrow("start must make a session");
  });

  it("gives the application another task if it had not sent everything in the first", async () => {
    const roundabout: Application = async (session) => {
      const stream = await session.accept();
      await new Promise(setImmediate);
      await stream.write(Buffer.from("at last"));
    };
    const recorder = new Recorder();
    const pair = connectedPair({ server: { record: recorder.record } });
    void pair.client.open().write(Uint8Array.of(1));
    const serving = roundabout(pair.server);
    await pair.drive();
    await new Promise(setImmediate);
    await pair.drive();
    await serving;
    expect(sentIn(recorder.bytes()).toString()).toContain("at last");
    expect((await again(recorder.bytes(), roundabout)).difference?.message).toBe(undefined);
  });

  it("waits for an application that takes longer, if it is told how", async () => {
    let goOn = (): void => {};
    const slow: Application = async (session) => {
      const stream = await session.accept();
      await new Promise<void>((resolve) => (goOn = resolve));
      await stream.write(Buffer.from("late"));
    };
    const recorder = new Recorder();
    const pair = connectedPair({ server: { record: recorder.record } });
    void pair.client.open().write(Uint8Array.of(1));
    const serving = slow(pair.server);
    await pair.drive();
    goOn();
    await pair.drive();
    await serving;
    expect(sentIn(recorder.bytes()).toString()).toContain("late");
    const patiently = async (): Promise<void> => {
      await settle();
      goOn();
      await settle();
    };
    const replayed = (options: { settle?: typeof settle }): Promise<Replay<unknown>> =>
      replay(
        recorder.bytes(),
        (transport, role, given) => slow(new Session(transport, role, given)).catch(() => {}),
        options,
      );
    expect((await replayed({ settle: patiently })).difference).toBe(undefined);
    expect((await replayed({})).difference?.replayed.length).toBe(0);
  });
});

it("a recording and the codec print the frames of both directions", async () => {
  const { client } = await conversation(ask([5]), echo("hello"), { latency: [0, 0] });
  const decoders = { in: new FrameDecoder(), out: new FrameDecoder() };
  const frames: string[] = [];
  for (const entry of new Recording(client)) {
    if (entry.kind !== "in" && entry.kind !== "out") continue;
    for (const frame of decoders[entry.kind].decode(entry.bytes)) {
      frames.push(`${entry.kind} ${frame.type}`);
    }
  }
  expect(frames[0]).toBe("out data");
  expect(new Set(frames)).toEqual(new Set(["out data", "in data", "out goAway"]));
});

function firstError(bytes: Uint8Array): RecordingError | undefined {
  try {
    for (const _ of new Recording(bytes));
  } catch (error) {
    return error as RecordingError;
  }
  return undefined;
}
