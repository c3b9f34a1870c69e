// A link with a bandwidth. It holds little itself: what waits, waits in the system.

import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Carries bytes one way, so many a second, until the end or a failure, of which the other side gets to know. */
export async function carry(from: Readable, to: Writable, rate: number): Promise<void> {
  try {
    // The other direction goes on.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      await new Promise<void>((resolve, reject) => {
        to.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      await sleep(((chunk as Uint8Array).length / rate) * 1000);
    }
    to.end();
  } catch {
    from.destroy();
    to.destroy();
  }
}
