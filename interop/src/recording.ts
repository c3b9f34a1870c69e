// A conversation with a real peer, as it went over the wire, in a form small enough for a repository. The bytes are
// compressed. Beside them stands which side sent how many bytes at a time.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Role } from "@muxado/core";
import type { Story } from "./conversations.ts";
import type { Chunk, Sender } from "./proxy.ts";

export interface Recording {
  /** The name of the conversation. */
  readonly conversation: string;
  /** Our role. */
  readonly role: Role;
  /** The observations of our side. */
  readonly story: Story;
  /** Which side sent how many bytes at a time, such as `us:72 peer:8`. */
  readonly chunks: string;
  /** All bytes one after the other, deflated, in base64. */
  readonly bytes: string;
}

/** The recordings of one peer, in the form of its file in recordings/. */
export interface Recordings {
  readonly format: 1;
  /** The library with its version. */
  readonly peer: string;
  readonly recordings: readonly Recording[];
}

export function packChunks(chunks: readonly Chunk[]): Pick<Recording, "chunks" | "bytes"> {
  const bytes = deflateRawSync(Buffer.concat(chunks.map((chunk) => chunk.bytes)), { level: 9 });
  return {
    chunks: chunks.map((chunk) => `${chunk.from}:${chunk.bytes.length}`).join(" "),
    bytes: bytes.toString("base64"),
  };
}

export function unpackChunks(recording: Recording): Chunk[] {
  const bytes = inflateRawSync(Buffer.from(recording.bytes, "base64"));
  let at = 0;
  return recording.chunks.split(" ").map((text) => {
    const [from, length] = text.split(":") as [Sender, string];
    const start = at;
    at += Number(length);
    return { from, bytes: new Uint8Array(bytes.subarray(start, at)) };
  });
}
