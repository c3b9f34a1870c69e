// The recorded conversations with the real peers, without them: our side must see the same again, and say the
// same. Whoever has Go and Rust runs the whole matrix by `npm run interop`.

import { readFileSync } from "node:fs";
import { type Frame, FrameDecoder } from "@muxado/frame";
import { type RawPeer, rawPeer } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { conversations, type Story } from "./conversations.ts";
import type { Chunk, Sender } from "./proxy.ts";
import { type Recording, type Recordings, unpackChunks } from "./recording.ts";

const files = ["go", "rust"].map(
  (name) =>
    JSON.parse(
      readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), "utf8"),
    ) as Recordings,
);

describe.each(files)("recorded with $peer", ({ recordings }) => {
  it("are all conversations, with us in both roles", () => {
    const names = recordings.map(({ conversation, role }) => `${conversation}, ${role}`);
    const wanted = conversations.flatMap(({ name }) => [`${name}, client`, `${name}, server`]);
    expect(names.sort()).toEqual(wanted.sort());
  });

  describe.each(recordings)("$conversation, we as the $role", (recording) => {
    const chunks = unpackChunks(recording);

    it("goes as it went", async () => {
      const { story, frames } = await replay(recording, chunks);
      expect(story).toEqual(recording.story);
      expect(accountOf(frames)).toEqual(accountOf(framesOf(chunks, "us")));
    });

    it("goes the same way byte by byte", async () => {
      const cut = chunks.flatMap(({ from, bytes }) =>
        bytes.length > 1_000
          ? [{ from, bytes }]
          : [...bytes].map((byte) => ({ from, bytes: Uint8Array.of(byte) })),
      );
      expect((await replay(recording, cut)).story).toEqual(recording.story);
    });
  });
});

/** Lets our side talk to the recorded chunks of the peer's. */
async function replay(
  { conversation, role }: Recording,
  chunks: readonly Chunk[],
): Promise<{ story: Story; frames: Frame[] }> {
  const peer: RawPeer = rawPeer({ role });
  const { ours } = conversations.find(({ name }) => name === conversation)!;
  const story = ours(peer.session);
  await peer.settle();
  const frames: Frame[] = [];
  for (const { from, bytes } of chunks) {
    if (from === "us") continue;
    peer.sendBytes(bytes);
    await peer.settle();
    frames.push(...peer.take());
  }
  peer.end();
  return { story: await story, frames: [...frames, ...peer.take()] };
}

function framesOf(chunks: readonly Chunk[], sender: Sender): Frame[] {
  const decoder = new FrameDecoder();
  return chunks
    .filter(({ from }) => from === sender)
    .flatMap(({ bytes }) => [...decoder.decode(bytes)]);
}

/** What was said on each stream, however it was cut. Credit may be returned at other moments. */
function accountOf(frames: readonly Frame[]): Map<number, string> {
  const accounts = new Map<number, { body: Uint8Array[]; marks: string }>();
  for (const frame of frames) {
    if (frame.type === "WNDINC" || frame.type === "GOAWAY") continue;
    const account = accounts.get(frame.streamId) ?? { body: [], marks: "" };
    accounts.set(frame.streamId, account);
    if (frame.type === "RST") {
      account.marks += ` RST ${frame.errorCode}`;
    } else {
      account.body.push(frame.body);
      account.marks += (frame.syn ? " SYN" : "") + (frame.fin ? " FIN" : "");
    }
  }
  return new Map(
    [...accounts].map(([id, { body, marks }]) => [
      id,
      `${Buffer.concat(body).toString("base64")}${marks}`,
    ]),
  );
}
