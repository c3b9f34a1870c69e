// How long a small message takes to the server and back: one of ordinary urgency, as an application's are. The
// heartbeat measures the connection itself, ahead of everything else.

import type { TypedSession } from "@muxado/typed";
import { ECHO } from "./protocol.ts";

/** Between one answer and the next message, in milliseconds. */
const PAUSE = 250;

/** Sends a few bytes again and again until the session ends, and tells `onTime` how long each took. */
export async function measure(
  session: TypedSession,
  onTime: (milliseconds: number) => void,
): Promise<void> {
  const stream = session.open({ type: ECHO });
  stream.unref(); // it lives as long as its session
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
