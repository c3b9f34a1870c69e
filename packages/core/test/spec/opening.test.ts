// The application has its turn to accept streams that arrive, and a SYN that comes too late is refused.
// docs/spec/muxado.md, docs/spec/yamux.md.

import { brief, bytes, data, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { accepted } from "../streams.ts";
import { yamux } from "../yamux.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("streams that arrive in one piece, on $name", ({ wire }) => {
  it("streams that arrive in one piece are not refused before the application has had its turn to accept them", async () => {
    const peer = rawPeer({ wire });
    const count = 1000;
    const ids: number[] = [];
    const accepting = (async () => {
      for await (const { id } of peer.session) ids.push(id);
    })();
    peer.send(...Array.from({ length: count }, (_, index) => syn(3 + 2 * index)));
    await peer.settle();
    expect(ids).toHaveLength(count);
    expect(brief(peer.take()).filter((line) => line.includes("RST"))).toEqual([]);
    peer.session.destroy();
    await accepting;
  });

  it("streams beyond the backlog are refused when the application does not accept, the newest first", () => {
    const peer = rawPeer({ wire });
    peer.send(...Array.from({ length: 300 }, (_, index) => syn(3 + 2 * index)));
    const refused = brief(peer.take());
    const backlog = wire === yamux ? 256 : 128;
    expect(refused).toHaveLength(300 - backlog);
    expect(refused[0]).toBe(`${3 + 2 * backlog}: RST ACCEPT_QUEUE_FULL`);
  });
});

describe.each(wires)("a SYN, on $name", ({ wire }) => {
  it("a SYN is refused while the session drains, before any GOAWAY", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer);
    peer.take();
    void peer.session.close();
    peer.send(syn(5, "too late"), data(3, "in time"));
    expect(brief(peer.take())).toEqual(["5: RST STREAM_REFUSED"]);
    expect(stream.take()).toEqual(bytes("in time"));
  });

  it("a SYN for an id that was reset here is not answered, and is charged", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 1 });
    const stream = await accepted(peer);
    stream.reset();
    peer.take();
    peer.send(syn(3, WINDOW + 1));
    expect(peer.take()).toEqual([]);
    peer.send(syn(3));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });
});
