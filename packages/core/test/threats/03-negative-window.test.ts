// Rule 3: a body may use up the peer's credit. One more byte resets the stream.

import type { Stream } from "@muxado/core";
import { brief, data, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("3. negative window, on $name", ({ wire }) => {
  it("a body may use up all the credit that is left", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW - 10), data(3, 10));
    expect(peer.take()).toEqual([]);
  });

  it("a body of one byte more than the credit that is left resets the stream, and nothing of it is delivered", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW - 10));
    const stream = await peer.session.accept();
    peer.send(data(3, 11));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(stream.error).toMatchObject({ code: "FLOW_CONTROL_ERROR", origin: "remote" });
    // No byte of the body that exceeds the credit is delivered. Earlier bytes are.
    expect(Buffer.concat(takeAllThenError(stream))).toHaveLength(WINDOW - 10);
    await expectUnharmed(peer);
  });

  it("a body of one byte resets the stream when no credit is left", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW), data(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  function takeAllThenError(stream: Stream): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    expect(() => {
      for (;;) pieces.push(stream.take()!);
    }).toThrow("flow control");
    return pieces;
  }
});
