// An upload: bytes of any origin, on a stream of their own, with the urgency that the user gives it.

import type { TypedSession } from "@muxado/typed";
import { Checksum } from "./checksum.ts";
import { encode, type Header, receive, UPLOAD } from "./protocol.ts";

/** How it is to be done. */
export interface UploadOptions {
  /** 0 to 7; messages have 3. */
  readonly urgency: number;
  /** Bytes in a second that the server is to take; 0 for as many as it can. */
  readonly pace: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** Told how many bytes have left. */
  readonly onProgress: (bytes: number) => void;
}

/** Sends what `chunks` gives, and resolves with how much that was, once the server has confirmed each byte. */
export async function upload(
  session: TypedSession,
  chunks: AsyncIterable<Uint8Array>,
  { urgency, pace, signal, onProgress }: UploadOptions,
): Promise<{ bytes: number; checksum: number }> {
  const stream = session.open({ type: UPLOAD, priority: { urgency }, signal });
  try {
    const header: Header = { pace };
    await stream.write(encode(header));
    await stream.write(Uint8Array.of(NEWLINE));
    const checksum = new Checksum();
    let bytes = 0;
    for await (const chunk of chunks) {
      checksum.add(chunk);
      await stream.write(chunk); // waits while the server does not read
      bytes += chunk.length;
      onProgress(bytes);
    }
    await stream.closeWrite();
    const receipt = await receive(stream);
    const isSame =
      receipt.number("bytes", Number.MAX_SAFE_INTEGER) === bytes &&
      receipt.number("checksum", 0xffffffff) === checksum.value;
    if (!isSame) throw new Error("the server has received something else");
    return { bytes, checksum: checksum.value };
  } catch (error) {
    stream.reset();
    throw error;
  }
}

const NEWLINE = 10;

/** Bytes of a write of noise: enough to keep the line busy, and little to wait for. */
const CHUNK = 64 * 1024;

/** The bytes of a file, as they are read. */
export async function* bytesOf(file: Blob): AsyncGenerator<Uint8Array> {
  // Not every browser can iterate over a stream.
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** So many bytes of noise, made as they are wanted. */
export async function* noise(bytes: number): AsyncGenerator<Uint8Array> {
  const words = new Uint32Array(CHUNK / 4);
  let state = 0x2545f491;
  for (let left = bytes; left > 0; left -= CHUNK) {
    for (let index = 0; index < words.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    // The last write is done with this memory when the next piece is asked for.
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK));
  }
}
