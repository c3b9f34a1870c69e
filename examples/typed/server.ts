// Three protocols over one connection: one handler for each type of stream, and nothing else in common.

import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "@muxado/node";
import { type Routes, TypedSession, type TypedStream } from "@muxado/typed";
import { FILE, NEWS, SUM } from "./protocols.ts";

/** The files that clients can get: those of this example. */
const FILES = new Map(
  ["server.js", "client.js", "protocols.js"].map((name) => [name, new URL(name, import.meta.url)]),
);

const routes: Routes = {
  [FILE]: async (stream) => {
    const file = FILES.get(await new Response(stream.readable).text());
    if (file === undefined) return stream.reset("STREAM_CANCELLED");
    await using handle = await open(file);
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      await stream.write(chunk);
    }
    await stream.closeWrite();
  },

  [SUM]: async (stream) => {
    const lines = (await new Response(stream.readable).text()).trim().split("\n");
    const sum = lines.reduce((total, line) => total + Number(line), 0);
    await stream.write(line(String(sum)));
    await stream.closeWrite();
  },

  [NEWS]: async (stream) => {
    for (let count = 1; stream.error === undefined; count++) {
      await stream.write(line(`item ${count}`));
      await sleep(50);
    }
  },
};

function line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\n`);
}

function report(error: unknown, stream: TypedStream): void {
  // The opener of the news has read enough, or has gone: this protocol ends so.
  if (error !== stream.error) console.error(`stream of type ${stream.type}:`, error);
}

const server = createServer((session) =>
  new TypedSession(session).serve(routes, { onError: report }),
);
await server.listen({ host: "localhost", port: 7008 });
console.log("listening on port 7008");
