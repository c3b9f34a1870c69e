import { attach, type Session } from "@muxado/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Link, pauseBefore, Reconnecting } from "./reconnect.ts";

test("dials again after each end and each failure, with longer and longer pauses", async () => {
  const attempts: number[] = [];
  const { links, connection } = reconnecting({
    dials: [new Error("no such host"), "session", new Error("still restarting"), "session"],
    pause: (attempt) => {
      attempts.push(attempt);
      return 0;
    },
  });
  connection.start();
  (await connected(links, 1)).destroy();
  await connected(links, 2);
  expect(links.map(({ state }) => state)).toEqual([
    ...["connecting", "waiting", "connecting", "connected", "waiting"],
    ...["connecting", "waiting", "connecting", "connected"],
  ]);
  const reasons = links.map((link) => (link.state === "waiting" ? link.reason : ""));
  expect(reasons.filter(Boolean)).toEqual(["no such host", "SESSION_CLOSED", "still restarting"]);
  // A session that ends at once counts as a failure.
  expect(attempts).toEqual([1, 2, 3]);
});

test("does not wait any longer after a call of hurry", async () => {
  const { links, connection } = reconnecting({
    dials: [new Error("no such host"), "session"],
    pause: () => 1e9,
  });
  connection.start();
  await vi.waitFor(() => expect(links.at(-1)!.state).toBe("waiting"));
  connection.hurry();
  await connected(links, 1);
});

test("makes no further session after it is stopped, in a pause or while connected", async () => {
  const paused = reconnecting({ dials: [new Error("no such host")], pause: () => 1e9 });
  paused.connection.start();
  await vi.waitFor(() => expect(paused.links.at(-1)!.state).toBe("waiting"));
  await paused.connection.stop();

  const running = reconnecting({ dials: ["session"], pause: () => 0 });
  running.connection.start();
  const session = await connected(running.links, 1);
  await running.connection.stop();
  await session.closed;
  await new Promise((resolve) => setTimeout(resolve));
  expect(paused.links).toHaveLength(2);
  expect(running.links).toHaveLength(2);
});

test("pauses for a random time of up to half a minute", () => {
  const random = vi.spyOn(Math, "random");
  onTestFinished(() => random.mockRestore());
  random.mockReturnValue(1);
  expect([1, 2, 3, 50].map(pauseBefore)).toEqual([500, 1000, 2000, 30_000]);
  random.mockReturnValue(0);
  expect([1, 2, 3, 50].map(pauseBefore)).toEqual([0, 0, 0, 0]);
});

/** Returns a `Reconnecting` that dials with the given results, and a list of all links that it reports. */
function reconnecting({
  dials,
  pause,
}: {
  dials: (Error | "session")[];
  pause: (attempt: number) => number;
}): { links: Link[]; connection: Reconnecting } {
  const links: Link[] = [];
  const dial = async (): Promise<Session> => {
    const next = dials.shift();
    if (next === "session") return makeSession();
    throw next ?? new Error("dialed once too often");
  };
  const connection = new Reconnecting({ dial, pause, onLink: (link) => links.push(link) });
  onTestFinished(() => connection.stop());
  return { links, connection };
}

/** Returns the client's side of a session. The other side exists and does nothing. */
function makeSession(): Session {
  const [there, back] = [0, 0].map(() => new TransformStream<Uint8Array, Uint8Array>());
  attach({ readable: there!.readable, writable: back!.writable }, { role: "server" });
  return attach({ readable: back!.readable, writable: there!.writable }, { role: "client" });
}

/** Resolves with the session of connection number `count`, once it is established. */
function connected(links: readonly Link[], count: number): Promise<Session> {
  return vi.waitFor(() => {
    const link = links.filter(({ state }) => state === "connected")[count - 1];
    if (link?.state !== "connected") throw new Error("not yet");
    return link.session;
  });
}
