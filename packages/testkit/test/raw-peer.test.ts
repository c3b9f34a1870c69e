import { expect, test } from "vitest";
import { rawPeer } from "@muxado/testkit";

test("a raw peer talks to a session frame by frame", async () => {
  const peer = rawPeer({ role: "server" });
  const body = new Uint8Array([1, 2, 3]);
  peer.send({ type: "DATA", streamId: 3, syn: true, fin: false, body });
  const stream = await peer.session.accept();
  expect(await stream.read()).toEqual(body);
  await stream.write(body);
  expect(peer.take()).toEqual([{ type: "DATA", streamId: 3, syn: false, fin: false, body }]);
  peer.session.destroy();
  peer.end();
  await peer.settle();
  expect(peer.sessionHasDestroyed).toBe(true);
  expect(peer.clock.timers).toEqual([]);
});
