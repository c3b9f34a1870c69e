// A Duplex of a stream fails with its session. If the session ends gracefully, the Duplex may end first.

import { once } from "node:events";
import { attach, toDuplex } from "@muxado/node";
import { describe, expect, test } from "vitest";
import { closed, sessionPair, socketPair, streamPair } from "../connections.ts";
import { heard } from "../duplexes.ts";
import { ending } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { causeOf, fate } from "./failures.ts";

leaveNothingOpen();

describe("a Duplex whose session ends", () => {
  test.each([
    ["close", "ETIMEDOUT"],
    ["destroy", "ECONNRESET"],
  ] as const)("a Duplex fails when its session ends by %s here", async (how, code) => {
    const [client, server] = sessionPair();
    const [left, right] = await streamPair({}, [client, server]);
    left.write(Buffer.alloc(10_000_000));
    const fates = [fate(left, code), fate(right)];
    if (how === "close") void client.close({ timeout: 0 });
    else client.destroy();
    const errors = await Promise.all(fates);
    expect(errors[0]!.code).toMatch(/^(SESSION_CLOSED|DRAIN_TIMEOUT|STREAM_CANCELLED)$/);
    expect(errors[1]!.origin).toBe("remote");
  });

  test("a Duplex fails with its session, also if its far end had ended, and it has nothing to write", async () => {
    const [client, server] = sessionPair();
    const [left, right] = await streamPair({ allowHalfOpen: true }, [client, server]);
    left.end();
    await heard(right);
    const told = once(right, "error");
    client.destroy();
    causeOf(right, (await told)[0]);
    await Promise.all([closed(left), closed(right)]);
  });

  test("a Duplex fails with the reason when its session ends with its connection", async () => {
    const [left, right] = await socketPair();
    const session = ending(attach(left, { role: "client" }));
    const duplex = toDuplex(session.open());
    const told = once(duplex, "error");
    right.destroy();
    const cause = causeOf(duplex, (await told)[0]);
    expect(cause).toMatchObject({ code: "PEER_EOF", scope: "session" });
  });

  test("a Duplex may end first when its session ends gracefully", async () => {
    const [client, server] = sessionPair();
    const [left, right] = await streamPair({}, [client, server]);
    const closing = client.close();
    right.pipe(right);
    left.end("still here");
    expect(String(await heard(left))).toBe("still here");
    await closing;
    await Promise.all([closed(left), closed(right)]);
    expect([left.errored, right.errored]).toEqual([null, null]);
  });
});
