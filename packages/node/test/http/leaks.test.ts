// Many short HTTP requests over a session leave nothing behind. MUXADO_HTTP_REQUESTS sets their number: 100 000 in the
// full run.

import * as http from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { serveHttp, SessionAgent } from "@muxado/node";
import { expect, test } from "vitest";
import { tcpSessions } from "../connections.ts";
import { leaveNothingOpen } from "../resources.ts";

leaveNothingOpen();

const REQUESTS = Number(process.env.MUXADO_HTTP_REQUESTS ?? 5_000);
const AT_ONCE = 50;

/** Bytes: more than compiled code leaves behind, and less than 5 000 Duplexes of a kilobyte or more each need. */
const NOISE = 2_000_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of the heap, without garbage. */
async function heapUsed(): Promise<number> {
  for (let count = 0; count < 3; count++) {
    collect();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}

test.each([
  [REQUESTS, "a stream for each", false],
  [REQUESTS / 5, "pooled streams", true],
])(
  "%i requests over one session leave heap, handles and listeners as they were: %s",
  async (requests, name, keepAlive) => {
    const sockets = await tcpSessions();
    const [client, far] = sockets;
    const server = http.createServer((_request, response) => response.end("ok"));
    void serveHttp(far, server);
    const agent = new SessionAgent(client, { keepAlive, maxSockets: AT_ONCE });

    const get = (): Promise<void> =>
      new Promise((done, fail) => {
        const request = http.get({ agent }, (response) => response.on("end", done).resume());
        request.on("error", fail);
      });
    const run = async (count: number): Promise<void> => {
      let left = count;
      const worker = async (): Promise<void> => {
        while (left-- > 0) await get();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    };
    const facts = async (): Promise<Record<string, unknown>> => {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
      await expect.poll(() => client.stats().openStreams + far.stats().openStreams).toBe(0);
      return {
        resources: process
          .getActiveResourcesInfo()
          .filter((kind) => kind !== "Immediate")
          .sort(),
        listeners: [process, server, agent].flatMap((emitter) =>
          emitter.eventNames().map((event) => [String(event), emitter.listenerCount(event)]),
        ),
        agent: [agent.sockets, agent.freeSockets, agent.requests].map((pool) => Object.keys(pool)),
      };
    };

    await run(1_500);
    const [before, heapBefore] = [await facts(), await heapUsed()];
    const start = performance.now();
    await run(requests);
    const seconds = (performance.now() - start) / 1_000;
    const [after, heapAfter] = [await facts(), await heapUsed()];
    if (process.env.MUXADO_HTTP_REQUESTS !== undefined) {
      const kept = `${heapBefore} bytes of heap before, ${heapAfter} after`;
      console.log(`${name}: ${requests} requests in ${seconds.toFixed(1)} s; ${kept}`);
    }
    expect(after).toEqual(before);
    expect(heapAfter - heapBefore).toBeLessThan(NOISE);
    agent.destroy();
  },
  600_000,
);
