// Takes uploads: counts and checks the bytes, at the pace that the page has asked for. Keeps none of them.

import { setTimeout as sleep } from "node:timers/promises";
import type { TypedStream } from "@muxado/typed";
import { Checksum } from "./page/checksum.ts";
import { Fields, type Receipt, send, TOO_LONG } from "./page/protocol.ts";

/** Most bytes of an upload. */
const LONGEST = 4 * 1024 ** 3;

/** Most bytes of the first line. */
const LONGEST_HEADER = 1024;

const NEWLINE = 10;

/** Reads an upload to its end, and confirms it. */
export async function receiveUpload(stream: TypedStream): Promise<void> {
  const { pace, first } = await readHeader(stream);
  const checksum = new Checksum();
  const started = performance.now();
  let bytes = 0;
  for (let chunk: Uint8Array | null = first; chunk !== null; chunk = await stream.read()) {
    checksum.add(chunk);
    bytes += chunk.length;
    if (bytes > LONGEST) return stream.reset(TOO_LONG);
    // Without a read, no credit goes back. This alone makes the page slow down.
    const ahead = pace === 0 ? 0 : (bytes / pace) * 1000 - (performance.now() - started);
    if (ahead > 5) await sleep(ahead);
  }
  const receipt: Receipt = { bytes, checksum: checksum.value };
  await send(stream, receipt);
}

/** Reads the first line. Resolves with its content, and with the bytes that arrived along with it. */
async function readHeader(stream: TypedStream): Promise<{ pace: number; first: Uint8Array }> {
  let start = Buffer.alloc(0);
  for (;;) {
    const end = start.indexOf(NEWLINE);
    if (end >= 0) {
      const fields = new Fields(start.toString("utf8", 0, end));
      return { pace: fields.number("pace", 1e12), first: start.subarray(end + 1) };
    }
    const chunk = await stream.read();
    if (chunk === null || start.length > LONGEST_HEADER) throw new Error("there is no header");
    start = Buffer.concat([start, chunk]);
  }
}
