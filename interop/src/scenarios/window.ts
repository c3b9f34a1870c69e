// A writer that exceeds its window. No peer does so by itself: the proxy inserts the frame between the frames of a
// correct peer, so the correct peer gets the answer.

import { strict as assert } from "node:assert";
import { encode, INITIAL_WINDOW } from "@muxado/frame";
import { encode as encodeYamux } from "@muxado/yamux";
import { type Cell, until } from "../cell.ts";
import { codeOf, receive } from "../local-stream.ts";
import { checkAlive, openers, pair } from "../pair.ts";
import type { Wire } from "../peers.ts";
import { Proxy } from "../proxy.ts";
import { data } from "../raw-frames.ts";
import { data as yamuxData } from "../raw-yamux.ts";
import type { Scenario } from "../scenario.ts";

const FLOW_CONTROL_ERROR = 3;
const PIECE = 64 * 1024;

export const windows: readonly Scenario[] = [
  { name: "a peer goes beyond our window", run: beyondOurs },
  // On yamux, an exceeded window ends the session with all peers: H12, Y7, L8.
  { name: "we go beyond their window", wire: "muxado", run: beyondTheirs },
];

async function beyondOurs(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const connection = await cell.connect({ proxy });
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    // Our side does not read, so there is only the initial credit.
    proxy.inject("peer", overrun(cell.peer.wire, stream.id));
    await until(() => stream.error !== undefined);
    assert.equal(stream.error?.code, "FLOW_CONTROL_ERROR");
    assert.equal(stream.error.origin, "remote");
    const got = await receive(stream);
    assert.equal(got.bytes, 3 * PIECE, "what came within the credit is readable");
    assert.equal(codeOf(got.end), FLOW_CONTROL_ERROR);
    const { end } = await there.write({ bytes: 10_000, seed: 1, piece: 10, pause: 1 });
    // yamux's libraries do not report the reason to their applications.
    const code = cell.peer.wire === "muxado" ? FLOW_CONTROL_ERROR : null;
    assert.equal(codeOf(end), code, "what the peer's writer is told");
  }
  await checkAlive(connection);
}

async function beyondTheirs(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const connection = await cell.connect({ proxy });
  for (const opener of openers) {
    const { stream } = await pair(connection, opener);
    proxy.inject("us", overrun(cell.peer.wire, stream.id));
    const got = await receive(stream);
    assert.equal(codeOf(got.end), FLOW_CONTROL_ERROR, "what the peer's session answers");
    assert.equal(stream.error?.origin, "remote");
  }
  await checkAlive(connection);
}

/** One byte more than the credit of each direction of a new stream, in frames of permitted size. */
function overrun(wire: Wire, streamId: number): Uint8Array {
  const frameOf = (length: number): Uint8Array => {
    const body = new Uint8Array(length);
    if (wire === "yamux") return encodeYamux(yamuxData(streamId, "", body));
    return encode(data(streamId, "", body));
  };
  const whole = frameOf(PIECE);
  return Buffer.concat([whole, whole, whole, frameOf(INITIAL_WINDOW - 3 * PIECE + 1)]);
}
