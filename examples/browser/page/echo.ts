// Measures the round trip of a small message to the server. It has ordinary urgency, as an application's messages have.
// The heartbeat measures the connection itself, ahead of all other output.

import type { TypedSession } from "@muxado/typed";
import { ECHO } from "./protocol.ts";

/** Time between an answer and the next message, in milliseconds. */
const PAUSE = 250;

/** Sends a few bytes again and again until the session ends. Calls `onTime` with the round trip of each message. */
export async function measure(
  session: TypedSession,
  onTime: (milliseconds: number) => void,
): Promise<void> {
  const stream = session.open({ type: ECHO });
  stream.unref(); // the stream lives as long as its session
  try {
    for (let count = 0; ; count++) {
      const started = performance.now();
      await stream.write(new TextEncoder().encode(`message ${count}`.padEnd(32)));
      for (let missing = 32; missing > 0; ) {
        const chunk = await stream.read();
        if (chunk === null) return;
        missing -= chunk.length;
      }
      onTime(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } catch (error) {
    if (error !== stream.error) throw error;
  }
}
