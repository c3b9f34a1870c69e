// What a page cannot do by itself, done for it by Node: servers in processes of their own, and the browser's own view
// of the page.

import type { CDPSession } from "playwright";
import type { BrowserCommand, BrowserCommandContext } from "vitest/node";
import type { Report } from "./server/progress.ts";
import { ServerProcess } from "./server-process.ts";

/** What the page's JavaScript holds, in bytes: objects, and the contents of its buffers. */
interface PageMemory {
  readonly objects: number;
  readonly buffers: number;
}

const servers = new Map<string, ServerProcess>();

/** Starts a server for pages of `origin`, or null for those of its own host. @returns its URL, by which it is meant below */
const startServer: BrowserCommand<[origin: string | null]> = async (_, origin) => {
  const server = new ServerProcess(origin);
  const url = `ws://127.0.0.1:${await server.port()}`;
  servers.set(url, server);
  return url;
};

const reportOf: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.ask("report");

/** Lets a handler that pauses go on. */
const goOn: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.ask("go");

/** Closes the server in due form; resolves when its sessions are over. */
const closeServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.ask("close");

const killServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.kill();

/** Holds the process: the system goes on taking its connections and bytes. */
const holdServer: BrowserCommand<[url: string]> = (_, url) => servers.get(url)!.hold();

/** Ends the process, if it has not ended. @returns its exit code */
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
