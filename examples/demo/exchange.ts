// One question and one answer on their own stream, and many of these at once.

import { text } from "node:stream/consumers";
import type { Session } from "@muxado/core";
import { tell } from "./party.ts";
import type { Tally } from "./tally.ts";

/** Streams that one side keeps open at the same time. */
const AT_ONCE = 64;

/** Sends `request` on a new stream, half-closes it, and reads the answer to its end. */
export async function exchange(
  session: Session,
  request: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  tally: Tally,
): Promise<string> {
  const start = performance.now();
  const stream = session.open();
  for await (const chunk of request) {
    await stream.write(chunk);
    tally.bytesSent += chunk.length;
  }
  await stream.closeWrite();
  const answer = await text(stream);
  tally.bytesReceived += Buffer.byteLength(answer);
  tally.add(performance.now() - start);
  return answer;
}

/** Runs `task` for every item, {@link AT_ONCE} at a time, and reports the progress. */
export async function forEach<Item>(
  items: readonly Item[],
  task: (item: Item) => Promise<void>,
): Promise<void> {
  let done = 0;
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) {
      await task(item);
      if (++done % 10 === 0 || done === items.length) tell({ progress: [done, items.length] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
