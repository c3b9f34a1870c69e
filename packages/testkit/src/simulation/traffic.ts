// Traffic as the simulations need it: streams that always have more to send, and peers that read all of it.

import type { Stream } from "@muxado/core";

/** What one write of bulk traffic carries, in bytes. */
const BULK_CHUNK = 1024 * 1024;

/** Writes to `stream` for as long as it takes anything; one more write always waits behind the one being sent. */
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

/** Reads all that comes on `stream`, and tells how much it is each time. */
export async function readAll(stream: Stream, onBytes?: (length: number) => void): Promise<void> {
  try {
    for await (const chunk of stream) onBytes?.(chunk.length);
  } catch (error) {
    if (error !== stream.error) throw error;
  }
}
