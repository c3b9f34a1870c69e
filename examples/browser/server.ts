// The page's server as a program: prints one line when it is ready, and runs until it is interrupted.

import { once } from "node:events";
import { parseArgs } from "node:util";
import { startSite } from "./site.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "localhost" },
    port: { type: "string", default: "7464" },
  },
});
const site = await startSite({ host: values.host, port: Number(values.port) });
console.log(`open ${site.url} in a browser, or in two`);

await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
await site.close();
