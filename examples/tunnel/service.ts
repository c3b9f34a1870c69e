// The local service of this demonstration: an ordinary HTTP server that only this machine can reach.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { tell } from "./log.ts";

const server = createServer(({ method, url, headers }, response) => {
  if (url === "/slow") void answerSlowly(response);
  else response.end(`${method} ${url} for ${headers.host}: hello from process ${process.pid}\n`);
});

async function answerSlowly(response: ServerResponse): Promise<void> {
  for (let part = 1; part <= 10; part++) {
    response.write(`part ${part} of 10\n`);
    await sleep(150);
  }
  response.end();
}

server.listen(0, "localhost", () => tell({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit()); // the parent has ended
process.on("SIGINT", () => {}); // the parent ends this process
