// Work that Node does for a page, because a page cannot do it: starts servers in their own processes, and asks the
// browser about the page's memory.

import type { CDPSession } from "playwright";
import type { BrowserCommand, BrowserCommandContext } from "vitest/node";
import type { Report } from "./server/progress.ts";
import { ServerProcess } from "./server-process.ts";

/** Memory of the page's JavaScript, in bytes: objects, and the contents of its buffers. */
interface PageMemory {
  readonly objects: number;
  readonly buffers: number;
}

const servers = new Map<string, ServerProcess>();

/** Starts a server for pages of `origin`; null: of the server's own host. @returns its URL, which the others take */
const startServer: BrowserCommand<[origin: string | null]> = async (_, origin) => {
  const server = new ServerProcess(origin);
  const url = `ws://127.0.0.1:${await server.port()}`;
  servers.set(url, server);
  return url;
};

const reportOf: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.ask("report");

/** Ends the pause of a handler. */
const goOn: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.ask("go");

/** Closes the server gracefully. Resolves when its sessions have ended. */
const closeServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.ask("close");

const killServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.kill();

/** Stops the process. The system still accepts its connections and bytes. */
const holdServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.hold();

/** Ends the process, unless it has ended. @returns its exit code */
const stopServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.stop();

const pageMemory: BrowserCommand<[]> = async (context): Promise<PageMemory> => {
  const devtools = await devtoolsOf(context);
  await devtools.send("HeapProfiler.collectGarbage");
  const usage = (await devtools.send("Runtime.getHeapUsage")) as {
    usedSize: number;
    backingStorageSize: number;
  };
  return { objects: usage.usedSize, buffers: usage.backingStorageSize };
};

export const commands = {
  startServer,
  reportOf,
  goOn,
  closeServer,
  killServer,
  holdServer,
  stopServer,
  pageMemory,
};

declare module "vitest/browser" {
  interface BrowserCommands {
    startServer(origin: string | null): Promise<string>;
    reportOf(url: string): Promise<Report>;
    goOn(url: string): Promise<void>;
    closeServer(url: string): Promise<void>;
    killServer(url: string): Promise<void>;
    holdServer(url: string): Promise<void>;
    stopServer(url: string): Promise<number | null>;
    pageMemory(): Promise<PageMemory>;
  }
}

const sessions = new WeakMap<object, Promise<CDPSession>>();

function devtoolsOf({ page, context }: BrowserCommandContext): Promise<CDPSession> {
  let session = sessions.get(page);
  if (session === undefined) sessions.set(page, (session = context.newCDPSession(page)));
  return session;
}
