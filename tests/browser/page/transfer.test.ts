// A quarter of a gigabyte in each direction, to a receiver that does not read for a while. Everything arrives, and
// neither side holds more of it than the window.

import type { Stream } from "@muxado/core";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { Checksum, content } from "../server/content.ts";
import type { Report } from "../server/progress.ts";
import { connected, startServer } from "./server.ts";

const MIB = 1024 * 1024;
const LENGTH = 256 * MIB;
const PAUSE_AT = 64 * MIB;

/**
 * Bytes by which the sender's count can exceed the receiver's, besides the window: chunks in the Web Streams, and a
 * chunk that was read but is not counted yet.
 */
const UNCOUNTED = MIB;

/** Most bytes of memory that either side may use in addition. The window grows to 16 MiB. */
const MEMORY = 48 * MIB;

test("an upload of 256 MiB that are made when they are needed", async () => {
  const url = await startServer();
  const session = await connected(`${url}/sink?pauseAt=${PAUSE_AT}`);
  const memory = await MemoryWatch.begin(url);
  const stream = session.open();
  const answer = new Response(stream.readable).text();
  const sent = new Checksum();
  const chunks = content(LENGTH);
  const upload = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = chunks.next();
      if (done) return controller.close();
      sent.add(value);
      controller.enqueue(value);
    },
  }).pipeTo(stream.writable);

  const paused = await standstill(url, () => sent.length);
  expect(paused.read).toBeGreaterThanOrEqual(PAUSE_AT);
  expect(paused.read).toBeLessThan(PAUSE_AT + MIB);
  expect(sent.length).toBeGreaterThan(paused.read);
  expect(sent.length - paused.read).toBeLessThan(paused.receiveWindow + UNCOUNTED);
  expect(stream.stats().writeBlockedBy).toBe("window");
  await memory.look();
  await commands.goOn(url);

  memory.watch();
  await upload;
  expect(await answer).toBe(String(sent));
  expect(sent.length).toBe(LENGTH);
  await memory.end();
});

test("a download of 256 MiB", async () => {
  const url = await startServer();
  const session = await connected(`${url}/source?length=${LENGTH}`);
  const memory = await MemoryWatch.begin(url);
  const stream = session.open();
  await stream.closeWrite();
  const received = new Checksum();
  await readTo(stream, received, PAUSE_AT);

  const paused = await standstill(url, () => received.length);
  expect(paused.written).toBeGreaterThan(received.length);
  const { receiveWindow } = stream.stats();
  expect(paused.written - received.length).toBeLessThan(receiveWindow + UNCOUNTED);
  await memory.look();

  memory.watch();
  await readTo(stream, received, Infinity);
  const { checksum } = await commands.reportOf(url);
  expect(String(received)).toBe(checksum);
  expect(received.length).toBe(LENGTH);
  await memory.end();
});

/** Reads until `length` bytes or the end of the stream. */
async function readTo(stream: Stream, received: Checksum, length: number): Promise<void> {
  while (received.length < length) {
    const chunk = await stream.read();
    if (chunk === null) return;
    received.add(chunk);
  }
}

/** Waits until no more bytes move on either side. Returns the server's report. */
async function standstill(url: string, here: () => number): Promise<Report> {
  for (;;) {
    const moved = here();
    const before = await commands.reportOf(url);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const after = await commands.reportOf(url);
    const isStill =
      here() === moved && after.read === before.read && after.written === before.written;
    if (isStill && moved > 0 && before.read + before.written > 0) return after;
  }
}

/** Records the most memory that each side holds. */
class MemoryWatch {
  readonly #url: string;
  readonly #page: number;
  readonly #server: number;
  #mostInPage = 0;
  #mostInServer = 0;
  #mostResident = 0;
  #looks = 0;
  #watching: Promise<void> | undefined;
  #ended = false;

  private constructor(url: string, page: number, server: number) {
    this.#url = url;
    this.#page = page;
    this.#server = server;
  }

  static async begin(url: string): Promise<MemoryWatch> {
    return new MemoryWatch(url, await heldByPage(), heldBy(await commands.reportOf(url)));
  }

  async look(): Promise<void> {
    const report = await commands.reportOf(this.#url);
    this.#mostInServer = Math.max(this.#mostInServer, heldBy(report) - this.#server);
    this.#mostResident = Math.max(this.#mostResident, report.rss);
    this.#mostInPage = Math.max(this.#mostInPage, (await heldByPage()) - this.#page);
    this.#looks++;
  }

  /** Measures repeatedly, until `end` is called. */
  watch(): void {
    this.#watching = (async () => {
      while (!this.#ended) {
        await this.look();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    })();
  }

  /** Checks the measured memory against the limits. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#watching;
    console.log(
      `${this.#looks} looks; at most ${mib(this.#mostInPage)} in the page, ${mib(this.#mostInServer)} in the server, whose process has ${mib(this.#mostResident)}`,
    );
    expect(this.#looks).toBeGreaterThan(3);
    expect(this.#mostInPage).toBeLessThan(MEMORY);
    expect(this.#mostInServer).toBeLessThan(MEMORY);
    expect(this.#mostResident).toBeLessThan(LENGTH);
  }
}

async function heldByPage(): Promise<number> {
  const { objects, buffers } = await commands.pageMemory();
  return objects + buffers;
}

function heldBy({ heapUsed, arrayBuffers }: Report): number {
  return heapUsed + arrayBuffers;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
