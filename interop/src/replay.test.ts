// Replays the recorded conversations with the real peers, without these peers. Our side must observe the same and send
// the same. With Go and Rust installed, `pnpm run interop` runs the whole matrix.

import { readFileSync } from "node:fs";
import { muxado } from "@muxado/core";
import { FrameDecoder } from "@muxado/frame";
import { rawPeer } from "@muxado/testkit";
import { yamux, FrameDecoder as YamuxFrameDecoder } from "@muxado/yamux";
import { describe, expect, it } from "vitest";
import { conversationsOn, type Story } from "./conversations.ts";
import { peers, type Wire } from "./peers.ts";
import type { Chunk } from "./proxy.ts";
import { type Recording, type Recordings, unpackChunks } from "./recording.ts";

const files = peers
  .filter(({ isOlder }) => !isOlder)
  .map(({ library, wire }) => {
    const file = new URL(`../recordings/${library}.json`, import.meta.url);
    return { ...(JSON.parse(readFileSync(file, "utf8")) as Recordings), wire };
  });

describe.each(files)("recorded with $peer", ({ peer, recordings, wire }) => {
  it("is the peer of the matrix", () => {
    expect(peers.map(({ version }) => version)).toContain(peer);
  });

  it("are all conversations, with us in both roles", () => {
    const names = recordings.map(({ conversation, role }) => `${conversation}, ${role}`);
    const wanted = conversationsOn(wire).flatMap(({ name }) => [
      `${name}, client`,
      `${name}, server`,
    ]);
    expect(names.sort()).toEqual(wanted.sort());
  });

  describe.each(recordings)("$conversation, we as the $role", (recording) => {
    const chunks = unpackChunks(recording);

    it("goes as it went", async () => {
      const { story, sent } = await replay(wire, recording, chunks);
      expect(story).toEqual(recording.story);
      const recorded = chunks.filter(({ from }) => from === "us").map(({ bytes }) => bytes);
      expect(accountOf(wire, sent)).toEqual(accountOf(wire, recorded));
    });

    it("goes the same way byte by byte", async () => {
      const cut = chunks.flatMap(({ from, bytes }) =>
        bytes.length > 1_000
          ? [{ from, bytes }]
          : [...bytes].map((byte) => ({ from, bytes: Uint8Array.of(byte) })),
      );
      expect((await replay(wire, recording, cut)).story).toEqual(recording.story);
    });
  });
});

/** Gives our side the recorded chunks of the peer. */
async function replay(
  wire: Wire,
  { conversation, role }: Recording,
  chunks: readonly Chunk[],
): Promise<{ story: Story; sent: Uint8Array[] }> {
  const peer = rawPeer({ role, wire: wire === "yamux" ? yamux() : muxado });
  const { ours } = conversationsOn(wire).find(({ name }) => name === conversation)!;
  const story = ours(peer.session);
  await peer.settle();
  const sent: Uint8Array[] = [];
  for (const { from, bytes } of chunks) {
    if (from === "us") continue;
    peer.sendBytes(bytes);
    await peer.settle();
    sent.push(...peer.takeChunks());
  }
  peer.end();
  return { story: await story, sent: [...sent, ...peer.takeChunks()] };
}

/** The content of a frame for a stream, without credit. */
interface Said {
  readonly streamId: number;
  readonly body: Uint8Array;
  readonly marks: string;
}

/** The frames of each stream, independent of how the bytes were cut. Credit may be returned at other moments. */
function accountOf(wire: Wire, chunks: readonly Uint8Array[]): Map<number, string> {
  const accounts = new Map<number, { body: Uint8Array[]; marks: string }>();
  for (const { streamId, body, marks } of wire === "yamux" ? yamuxOf(chunks) : muxadoOf(chunks)) {
    const account = accounts.get(streamId) ?? { body: [], marks: "" };
    accounts.set(streamId, account);
    account.body.push(body);
    account.marks += marks;
  }
  return new Map(
    [...accounts].map(([id, { body, marks }]) => [
      id,
      `${Buffer.concat(body).toString("base64")}${marks}`,
    ]),
  );
}

const NOTHING = new Uint8Array(0);

function muxadoOf(chunks: readonly Uint8Array[]): Said[] {
  const decoder = new FrameDecoder();
  const frames = chunks.flatMap((chunk) => [...decoder.decode(chunk)]);
  return frames.flatMap((frame): Said[] => {
    if (frame.type === "increment" || frame.type === "goAway") return [];
    const { streamId } = frame;
    if (frame.type === "reset") {
      return [{ streamId, body: NOTHING, marks: ` RST ${frame.errorCode}` }];
    }
    const marks = (frame.syn ? " SYN" : "") + (frame.fin ? " FIN" : "");
    return [{ streamId, body: frame.body, marks }];
  });
}

function yamuxOf(chunks: readonly Uint8Array[]): Said[] {
  const decoder = new YamuxFrameDecoder();
  const frames = chunks.flatMap((chunk) => [...decoder.decode(chunk)]);
  return frames.flatMap((frame): Said[] => {
    if (frame.type === "ping" || frame.type === "goAway") return [];
    const { streamId, syn, ack, fin, rst } = frame;
    const marks =
      (syn ? " SYN" : "") + (ack ? " ACK" : "") + (fin ? " FIN" : "") + (rst ? " RST" : "");
    return [{ streamId, body: frame.type === "data" ? frame.body : NOTHING, marks }];
  });
}
