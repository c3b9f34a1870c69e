// The work of two pages, without a browser: a site, and two clients made of the page's own modules. One client uploads
// and talks at the same time, the other one listens.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@muxado/ws";
import { WebSocket } from "ws";
import { Client } from "./page/client.ts";
import type { Entry } from "./page/chat.ts";
import { GIFT } from "./page/protocol.ts";
import { noise } from "./page/upload.ts";
import { startSite } from "./site.ts";

const MEBIBYTE = 1024 ** 2;

const site = await startSite({ host: "localhost", port: 0 });
try {
  await checkFiles();
  await talkDuringUpload();
} finally {
  await site.close();
}

async function checkFiles(): Promise<void> {
  const page = await (await fetch(site.url)).text();
  const [, importMap] = /<script type="importmap">(.*)<\/script>/.exec(page)!;
  await checkImports(JSON.parse(importMap!) as ImportMap, "/main.js", new Set());
  for (const path of ["/main.js", "/style.css", "/@muxado/core/index.js"]) {
    assert.equal(await statusOf(path), 200);
  }
  for (const path of ["/files.js", "/../server.js", "/%2e%2e/server.js", "/@muxado/core/../x.js"]) {
    assert.equal(await statusOf(path), 404);
  }
  console.log("the page and its modules can be had, and nothing else");
}

/** Maps the names of imports to paths, as a browser does. */
interface ImportMap {
  readonly imports: Readonly<Record<string, string>>;
}

/** Checks that the server has everything that the module at `path` imports, directly or through other modules. */
async function checkImports(map: ImportMap, path: string, seen: Set<string>): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  const response = await fetch(new URL(path, site.url));
  assert.equal(response.status, 200, path);
  for (const [, name] of (await response.text()).matchAll(/\bfrom "([^"]+)"/g)) {
    const found = /^\.{0,2}\//.test(name!) ? name : map.imports[name!];
    assert(found !== undefined, `${path} imports ${name}, which is not in the import map`);
    await checkImports(map, new URL(found, new URL(path, site.url)).pathname, seen);
  }
}

/** Requests the path unchanged; `fetch` would normalize it. */
async function statusOf(path: string): Promise<number> {
  const { hostname: host, port } = new URL(site.url);
  const [response] = (await once(get({ host, port, path }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode!;
}

async function talkDuringUpload(): Promise<void> {
  const heard: Entry[] = [];
  const times: number[] = [];
  let gifts = 0;
  let tell!: () => void;
  const given = new Promise<void>((resolve) => (tell = resolve));
  const ada = client("Ada", {
    onEcho: (time) => times.push(time),
    onTyped: ({ type }) => type === GIFT && ++gifts === 100 && tell(),
  });
  const bob = client("Bob", { onEntry: (entry) => heard.push(entry) });
  await Promise.all([ada.connected, bob.connected]);

  let uploading = true;
  let during = 0;
  const done = ada.client
    .upload(noise(16 * MEBIBYTE), {
      urgency: 6,
      pace: 16 * MEBIBYTE,
      signal: new AbortController().signal,
      onProgress: () => {},
    })
    .finally(() => (uploading = false));
  await ada.client.wish(100);
  while (uploading) {
    await ada.client.chat.say(`message ${during + 1}`);
    if (uploading) during++;
    await sleep(50);
  }
  const { bytes } = await done;
  await given;
  assert(during > 0);
  while (heard.length < during) await sleep(10);
  times.sort((a, b) => a - b);
  console.log(`${bytes / MEBIBYTE} MiB uploaded, and confirmed by their checksum`);
  console.log(`${during} messages delivered meanwhile`);
  console.log(`a small message took ${times[times.length >> 1]?.toFixed(1)} ms, there and back`);
  console.log(`${gifts} streams came from the server`);
  await Promise.all([ada.client.stop(), bob.client.stop()]);
}

function client(
  name: string,
  options: Omit<ConstructorParameters<typeof Client>[0], "name" | "dial">,
): { client: Client; connected: Promise<void> } {
  let tell!: () => void;
  const connected = new Promise<void>((resolve) => (tell = resolve));
  const made = new Client({
    ...options,
    name,
    dial: () => connect(`${site.url.replace("http", "ws")}mux`, { WebSocket }),
    onLink: ({ state }) => state === "connected" && tell(),
  });
  made.start();
  return { client: made, connected };
}
