// The files that the page consists of: its own, and those of the packages, which the browser finds with an import map.
// They are listed once, at the start. A request can get no other file, whatever its path.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The entry points of packages that the page imports, directly or through others, and their URLs. */
const PACKAGES = {
  "@muxado/frame": import.meta.resolve("@muxado/frame"),
  "@muxado/core": import.meta.resolve("@muxado/core"),
  "@muxado/core/layers": import.meta.resolve("@muxado/core/layers"),
  "@muxado/ws": import.meta.resolve("@muxado/ws"),
  "@muxado/typed": import.meta.resolve("@muxado/typed"),
  "@muxado/heartbeat": import.meta.resolve("@muxado/heartbeat"),
};

/** The page as it was written, and its compiled modules. */
const PAGE = new URL("../../browser/page/", import.meta.url);
const MODULES = new URL("page/", import.meta.url);

/** The place of the import map in index.html. */
const PLACE = "<!-- import map -->";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".js": "text/javascript; charset=utf-8",
};

const importMap = JSON.stringify({
  imports: Object.fromEntries(
    Object.entries(PACKAGES).map(([name, url]) => [name, `/${name}/${path.basename(url)}`]),
  ),
});

/** The page may run only code from this server, and connect only to this server. */
const POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash("sha256").update(importMap).digest("base64")}'`,
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The files of the page, by their path. */
export class Files {
  readonly #files = new Map<string, URL>();

  static async find(): Promise<Files> {
    const files = new Files();
    await files.#add("/", PAGE, [".css", ".svg"]);
    await files.#add("/", MODULES, [".js"]);
    for (const [name, url] of Object.entries(PACKAGES)) {
      await files.#add(`/${name}/`, new URL(".", url), [".js"]);
    }
    files.#files.set("/", new URL("index.html", PAGE));
    return files;
  }

  /** Answers a request. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = this.#files.get(request.url?.split("?", 1)[0] ?? "");
    const headers = { "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache" };
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { ...headers, Allow: "GET, HEAD" }).end();
    } else if (file === undefined) {
      response.writeHead(404, { ...headers, "Content-Type": "text/plain" }).end("not found\n");
    } else {
      const extension = path.extname(file.pathname);
      const body = await read(file).catch(() => undefined);
      if (body === undefined) return void response.writeHead(500, headers).end();
      response.writeHead(200, {
        ...headers,
        "Content-Type": TYPES[extension],
        ...(extension === ".html" && { "Content-Security-Policy": POLICY }),
      });
      response.end(body);
    }
  }

  /** Adds every file in `folder` that has one of the `extensions`. */
  async #add(prefix: string, folder: URL, extensions: readonly string[]): Promise<void> {
    const entries = await readdir(folder, { recursive: true });
    for (const entry of entries) {
      if (!extensions.includes(path.extname(entry))) continue;
      const name = entry.split(path.sep).join("/");
      this.#files.set(prefix + name, new URL(name, folder));
    }
  }
}

async function read(file: URL): Promise<string | Buffer> {
  const body = await readFile(fileURLToPath(file));
  if (path.extname(file.pathname) !== ".html") return body;
  return body.toString().replace(PLACE, () => `<script type="importmap">${importMap}</script>`);
}
