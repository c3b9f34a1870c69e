// Typed streams over Yamux: a layer over sessions does not know which wire carries them.

import { bytes, connectedPair } from "@muxado/testkit";
import { type Routes, TypedSession } from "@muxado/typed";
import { yamux } from "@muxado/yamux";
import { describe, expect, it } from "vitest";
import { data, flag, Peer } from "./peer.ts";

const PROTOCOL = 7;

/** The first bytes of a stream of that type. */
const PREFIX = Uint8Array.of(0, 0, 0, PROTOCOL);

describe("typed streams over Yamux", () => {
  it("carry their type with their SYN", async () => {
    const peer = new Peer();
    const session = new TypedSession(peer.session, { clock: peer.clock });
    const stream = session.open({ type: PROTOCOL });
    void stream.write(bytes(5));
    await peer.settle();
    const sent = peer.takeAll();
    expect(sent[0]).toMatchObject({ type: "data", streamId: 1, syn: true });
    const bodies = sent.flatMap((frame) => (frame.type === "data" ? [...frame.body] : []));
    expect(Uint8Array.from(bodies)).toEqual(Uint8Array.from([...PREFIX, ...bytes(5)]));
  });

  it("are acknowledged once, when the layer takes them", async () => {
    const peer = new Peer({ role: "server" });
    const session = new TypedSession(peer.session, { clock: peer.clock });
    peer.send(flag(1, "SYN"));
    await peer.settle();
    expect(peer.take()).toEqual(["1: update 0 ACK"]);
    const accepting = session.accept();
    peer.send({ ...data(1), type: "data", body: PREFIX } as ReturnType<typeof data>);
    const stream = await accepting;
    expect(stream.type).toBe(PROTOCOL);
    void stream.write(bytes(2));
    expect(peer.take()).toEqual(["1: data 2"]);
  });

  it("are held like any others while too many are not acknowledged", async () => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    const session = new TypedSession(peer.session, { clock: peer.clock });
    session.open({ type: PROTOCOL });
    session.open({ type: PROTOCOL });
    await peer.settle();
    expect(peer.take()).toEqual(["1: data 4 SYN"]);
    peer.send(flag(1, "ACK"));
    expect(peer.take()).toEqual(["3: data 4 SYN"]);
  });

  it("find their handlers between two sessions, and answer, a thousand at once", async () => {
    const pair = connectedPair({
      latency: [1, 9],
      client: { wire: yamux() },
      server: { wire: yamux() },
    });
    const { clock } = pair;
    const [client, server] = [pair.client, pair.server].map(
      (session) => new TypedSession(session, { clock }),
    );
    const routes: Routes = {
      [PROTOCOL]: async (stream) => {
        for await (const piece of stream) await stream.write(piece);
        await stream.closeWrite();
      },
    };
    void server!.serve(routes);
    const asking = Array.from({ length: 1000 }, async (_, number) => {
      const stream = client!.open({ type: PROTOCOL });
      void stream.write(bytes(`question ${number}`));
      void stream.closeWrite();
      let answer = "";
      for await (const piece of stream) answer += new TextDecoder().decode(piece);
      return answer;
    });
    await pair.advance(20_000);
    const answers = await Promise.all(asking);
    expect(answers).toEqual(asking.map((_, number) => `question ${number}`));
    expect(pair.client.stats().openStreams).toBe(0);
    void client!.close();
    await pair.advance(5000);
    expect(clock.timers).toEqual([]);
  });
});
