// The site: an HTTP server for the files of the page, and on the same port a server of sessions with the pages.

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "@muxado/ws/server";
import { Files } from "./files.ts";
import { Host } from "./host.ts";

/** A listening site. */
export interface Site {
  /** The address of the page. */
  readonly url: string;
  /** Ends all sessions and connections. */
  close(): Promise<void>;
}

/** Enough for many tabs, and few enough to notice a foreign page that connects in a loop. */
const MAX_PAGES = 64;

/** Starts a site on one address. Port 0 takes a free port. */
export async function startSite({ host, port }: { host: string; port: number }): Promise<Site> {
  const files = await Files.find();
  const http = createHttpServer((request, response) => void files.answer(request, response));
  const pages = new Host();
  const origins = new Set<string>();
  const server = createServer(
    {
      server: http,
      path: "/mux",
      // Listed by name. "same-host" would not do: a hostile page could let its own name point to this machine.
      origins: (origin) => origins.has(origin),
      maxConnections: MAX_PAGES,
    },
    (session) => pages.serve(session),
  );
  http.listen(port, host);
  await once(http, "listening");
  const { port: taken } = http.address() as AddressInfo;
  const originOf = (name: string): string =>
    `http://${name.includes(":") ? `[${name}]` : name}:${taken}`;
  for (const name of host === "localhost" ? [host, "127.0.0.1", "::1"] : [host]) {
    origins.add(originOf(name));
  }
  return {
    url: `${originOf(host)}/`,
    async close() {
      pages.close();
      await server.close({ timeout: 1000 });
      http.close();
      http.closeAllConnections();
    },
  };
}
