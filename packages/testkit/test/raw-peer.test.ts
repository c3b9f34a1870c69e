import {
  ack,
  brief,
  bytes,
  data,
  fin,
  goAway,
  ping,
  pong,
  rawPeer,
  reset,
  syn,
  synFin,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";

describe.each(wires)("a raw peer on $name", ({ wire }) => {
  it("talks to a session frame by frame", async () => {
    const peer = rawPeer({ wire, role: "server" });
    const body = new Uint8Array([1, 2, 3]);
    peer.send({ type: "data", streamId: 3, syn: true, fin: false, body });
    const stream = await peer.session.accept();
    expect(await stream.read()).toEqual(body);
    await stream.write(body);
    expect(peer.take()).toEqual([{ type: "data", streamId: 3, syn: false, fin: false, body }]);
    peer.session.destroy();
    peer.end();
    await peer.settle();
    expect(peer.sessionHasDestroyed).toBe(true);
    expect(peer.clock.timers).toEqual([]);
  });

  it("means and reads the same by each frame", async () => {
    const peer = rawPeer({ wire, transportBudget: Infinity });
    peer.send(syn(3), data(3, "one"), increment(3, 500_000), fin(3, "two"), synFin(5), syn(7));
    peer.send(reset(7, "STREAM_CANCELLED"), goAway(0, "INTERNAL_ERROR"));
    const [three, five, seven] = [
      await peer.session.accept(),
      await peer.session.accept(),
      await peer.session.accept(),
    ];
    expect([three.take(), three.take()]).toEqual([bytes("onetwo"), null]);
    expect(five.take()).toBe(null);
    expect(seven.error).toMatchObject({ code: "STREAM_CANCELLED" });
    await five.close();
    expect(three.offer(bytes(300_000))).toBeGreaterThan(262_144);
    three.reset("INTERNAL_ERROR");
    const lines = brief(peer.take());
    expect(lines).toContain("5: DATA 0 FIN");
    expect(lines.at(-1)).toBe("3: RST INTERNAL_ERROR");
    peer.end();
    expect(await peer.session.closed).toMatchObject({ remoteError: { code: "INTERNAL_ERROR" } });
  });
});

it("a raw peer shows what only Yamux says when it is asked for", async () => {
  const { wire } = wires.find(({ name }) => name === "yamux")!;
  const peer = rawPeer({ wire });
  peer.send(syn(3), ping(7));
  await peer.session.accept();
  void peer.session.ping();
  const all = peer.takeAll();
  expect(all).toEqual([pong(7), ping(0), ack(3)]);
  expect(brief(all)).toEqual(["PONG 7", "PING 0", "3: ACK"]);
  peer.send(syn(5), ping(8));
  await peer.session.accept();
  expect(peer.take()).toEqual([]);
});
