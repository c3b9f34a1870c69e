// Applications that a client can offer to its server: ordinary ones of node:http, which know nothing of streams.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** The applications, by name. */
export const applications: ReadonlyMap<string, RequestListener> = new Map([
  ["clock", clock],
  ["echo", echo],
]);

/** `GET /` answers with the time. `GET /ticks` sends ticks for a while. */
async function clock({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("content-type", "text/plain");
  for (let tick = 1; url === "/ticks" && tick < 3 && !response.destroyed; tick++) {
    response.write(`tick ${tick}\n`);
    await sleep(200);
  }
  response.end(url === "/ticks" ? "tick 3\n" : `It is ${new Date().toISOString()}.\n`);
}

/** Sends back the body of the request. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  request.pipe(response);
}
