// Conversations over real sockets: an option records them, and a replay repeats them without sockets.

import { Session, type SessionOptions } from "@muxado/core";
import { Recorder, Recording, replay } from "@muxado/core/recording";
import { connect } from "@muxado/node";
import { expect, test } from "vitest";
import { ask, echo, ending, HOST as host, serve } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

/** Windows that tune themselves measure time, and no replay repeats times to the microsecond. */
const options: SessionOptions = { windowSize: 262_144 };
const TEXTS = ["hello", "", "x".repeat(5000), "y".repeat(200_000)];

async function askAll(session: Session): Promise<void> {
  await Promise.all(TEXTS.map((text) => ask(session, text)));
  await ask(session, "one more");
  await session.close();
}

test("both sides of a TCP connection replay to the same bytes", async () => {
  const client = new Recorder();
  const server = new Recorder();
  const { port } = await serve({ ...options, record: server.record }, echo);
  const session = ending(await connect({ host, port, ...options, record: client.record }));
  await askAll(session);
  for (const [recorder, application] of [
    [client, askAll],
    [server, echo],
  ] as const) {
    const recording = new Recording(recorder.bytes());
    const { difference } = await replay(recording, (transport, role, given) => {
      const again = new Session(transport, role, { ...options, ...given });
      application(again).catch(() => {});
    });
    expect(difference?.message, recording.role).toBe(undefined);
  }
});

test("a hook that fails costs its connection, and the server goes on", async () => {
  const told: unknown[] = [];
  const recorder = new Recorder();
  const { port } = await serve(
    { record: recorder.record, onConnectionError: (error) => told.push(error) },
    echo,
  );
  const first = ending(await connect({ host, port }));
  expect(await ask(first, "hello")).toBe("hello");
  // The recorder takes only one session.
  const second = ending(await connect({ host, port }));
  await second.closed;
  expect(told).toEqual([expect.any(TypeError)]);
  expect(await ask(first, "still there?")).toBe("still there?");
});
