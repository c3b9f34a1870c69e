// Serves a page to tabs: the built packages, unchanged, as modules that the browser finds with an import map.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "../..");

const imports = {
  "@muxado/frame": "/packages/frame/dist/index.js",
  "@muxado/core": "/packages/core/dist/index.js",
  "@muxado/core/layers": "/packages/core/dist/layers.js",
  "@muxado/ws": "/packages/ws/dist/index.js",
};

const PAGE = `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/tests/browser/dist/tab/tab.js"></script>`;

/** Paths that can be requested. */
const BUILT = /^\/(packages\/\w+|tests\/browser)\/dist\/[\w/-]+\.js$/;

/** An HTTP server with one page. */
export class TabServer {
  readonly #http: Server;

  private constructor(http: Server) {
    this.#http = http;
  }

  static async listen(): Promise<TabServer> {
    const http = createServer((request, response) => void serve(request.url!, response));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return new TabServer(http);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, "close");
  }
}

async function serve(url: string, response: ServerResponse): Promise<void> {
  if (url === "/") response.setHeader("Content-Type", "text/html").end(PAGE);
  else if (BUILT.test(url)) {
    const file = await readFile(path.join(ROOT, url));
    response.setHeader("Content-Type", "text/javascript").end(file);
  } else response.writeHead(404).end();
}
