// A slow transport. The output of a graceful end has until the drain's deadline, and output that the transport never
// takes is reported.

import { patterned, connectedPair } from "@muxado/testkit";
import { expect, it } from "vitest";

/** Every write takes 5 s: far more than the time that a transport has to end after the session's end. */
const SLOW = { writeTime: [5_000, 5_000], latency: [5_000, 5_000] } as const;

it("close waits until a slow transport has taken everything", async () => {
  const pair = connectedPair(SLOW);
  const { client, server } = pair;
  const mine = client.open();
  const writes = [mine.write(patterned(200_000)), mine.closeWrite()];
  await pair.drive();
  const theirs = await server.accept();
  const last = [theirs.write(patterned(200_000)), theirs.closeWrite()];
  const read = Promise.all([length(mine), length(theirs)]);
  const closing = client.close({ timeout: 120_000 });
  await pair.advance(60_000);
  expect(await read).toEqual([200_000, 200_000]);
  await Promise.all([...writes, ...last, closing]);
  expect(await client.closed).toMatchObject({ localError: undefined, remoteError: undefined });
  expect(await server.closed).toMatchObject({ localError: undefined, remoteError: undefined });
  expect(pair.clock.timers).toEqual([]);
});

it("close gives up at its deadline if a transport takes nothing, and says so", async () => {
  const pair = connectedPair();
  const { client, server } = pair;
  const mine = client.open();
  await pair.drive();
  const theirs = await server.accept();
  await Promise.all([mine.closeWrite(), pair.drive()]);
  pair.breakAfter("client", 0, "stall");
  await pair.drive();
  const writing = theirs.write(patterned(5000)).catch((error: unknown) => error);
  void theirs.closeWrite().catch(() => undefined);
  expect(await theirs.read()).toBe(null);
  void server.close({ timeout: 7_000 });
  await pair.advance(6_999);
  expect(server.stats().openStreams).toBe(0);
  await pair.advance(1);
  expect((await server.closed).localError).toMatchObject({
    code: "DRAIN_TIMEOUT",
    origin: "local",
  });
  expect(await writing).toMatchObject({ code: "DRAIN_TIMEOUT", streamId: mine.id });
});

async function length(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let sum = 0;
  for await (const chunk of stream) sum += chunk.length;
  return sum;
}
