// An upload: bytes of any origin, on their own stream, with the urgency that the user chooses.

import type { TypedSession } from "@muxado/typed";
import { Checksum } from "./checksum.ts";
import { encode, type Header, receive, UPLOAD } from "./protocol.ts";

/** Options of an upload. */
export interface UploadOptions {
  /** 0 to 7. Messages have 3. */
  readonly urgency: number;
  /** Bytes in a second that the server shall take; 0 for as many as it can. */
  readonly pace: number;
  /** Cancels the upload. */
  readonly signal: AbortSignal;
  /** Called with the number of bytes that have left. */
  readonly onProgress: (bytes: number) => void;
}

/** Sends all `chunks`. Resolves with their number of bytes and checksum, once the server has confirmed both. */
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

/** Bytes of one write of noise: enough to keep the line busy, and few enough to wait for. */
const CHUNK = 64 * 1024;

/** Yields the bytes of a file as they are read. */
export async function* bytesOf(file: Blob): AsyncGenerator<Uint8Array> {
  // Not every browser can iterate over a stream.
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** Yields this many bytes of noise. They are made only when they are needed. */
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
    // When the next piece is asked for, the last write does not need this memory any more.
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK));
  }
}
