// Traffic for the simulations: streams that always have more to send, and peers that read everything.

import type { Stream } from "@muxado/core";

/** Bytes of one write of bulk traffic. */
const BULK_CHUNK = 1024 * 1024;

/** Writes to `stream` as long as it takes bytes. One more write always waits behind the write that is being sent. */
export async function writeForEver(stream: Stream): Promise<void> {
  const chunk = new Uint8Array(BULK_CHUNK);
  try {
    for (let last = stream.write(chunk); ; ) {
      const next = stream.write(chunk);
      next.catch(() => undefined);
      await last;
      last = next;
    }
  } catch (error) {
    if (error !== stream.error) throw error;
  }
}

/** Reads everything that arrives on `stream`, and calls `onBytes` with each length. */
export async function readAll(stream: Stream, onBytes?: (length: number) => void): Promise<void> {
  try {
    for await (const chunk of stream) onBytes?.(chunk.length);
  } catch (error) {
    if (error !== stream.error) throw error;
  }
}
