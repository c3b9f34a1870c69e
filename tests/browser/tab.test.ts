// Tabs that nobody looks at: one that the browser freezes in the middle of a transfer, and one in the background. No
// byte is lost, and transfers continue.

import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startPlainChromium } from "./plain-chromium.ts";
import { ServerProcess } from "./server-process.ts";
import type { TabReport, TabResult, TabTask } from "./tab/tab.ts";
import { TabServer } from "./tab-server.ts";

const MIB = 1024 * 1024;

let pages: TabServer;
beforeAll(async () => {
  pages = await TabServer.listen();
});
afterAll(() => pages.close());

/** Chromium's switch that decides about the connections of a frozen page. */
const FEATURE = "DisconnectWebSocketOnBFCache";
/** For browsers that keep these connections. */
const KEEPS = `--disable-features=${FEATURE}`;
/** Chromium's default, from some version on: it drops these connections. */
const DROPS = `--enable-features=${FEATURE}`;

const LENGTH = 32 * MIB;

describe("a frozen tab", () => {
  test("makes the server wait, and continues when it is resumed", async () => {
    const { page, server } = await begin(KEEPS, { download: LENGTH, upload: 0 });
    const freeze = await frozen(page, server.process);
    const { still, later } = freeze;
    expect(later).toEqual(still);
    expect(still.written).toBeLessThan(LENGTH);
    await show(page);
    await setPace(page, 0);
    const result = await resultOf(page);
    expect(result.failures).toEqual([]);
    expect(result.received).toBe((await server.process.report()).checksum);
    expect(result.received).toMatch(`${LENGTH} bytes`);
    await wasFrozen(page, freeze);
  });

  // If bytes leave while the tab is frozen, Chromium 156 does not lower bufferedAmount for them until more bytes are
  // sent. This happens in some freezes and not in others. So the test has several freezes, and the upload must continue
  // after each.
  test("continues an upload, however often it is frozen", async () => {
    // So much that a slow machine is not done before the last freeze.
    const upload = 8 * LENGTH;
    const { page, server } = await begin(KEEPS, { download: 0, upload });
    await setPace(page, 200);
    for (let count = 0; count < 8; count++) {
      const { still, later } = await frozen(page, server.process, false);
      expect(later).toEqual(still);
      expect(still.read).toBeLessThan(upload);
      await show(page);
      const { sent } = await reportOf(page);
      await until(async () => (await reportOf(page)).sent > sent + MIB);
    }
    await setPace(page, 0);
    const result = await resultOf(page);
    expect(result.failures).toEqual([]);
    expect(result.arrived).toBe(result.sent);
    expect(result.sent).toMatch(`${upload} bytes`);
  });

  test("learns of its lost connections when it is resumed, and connects again", async () => {
    const { page, server } = await begin(DROPS, { download: LENGTH, upload: LENGTH });
    const freeze = await frozen(page, server.process);
    const { still, later } = freeze;
    expect(later).toEqual(still);
    // The server does not know of the loss.
    expect(still.ends).toBe(0);
    expect(still.written).toBeLessThan(LENGTH);
    expect(still.read).toBeLessThan(LENGTH);
    await show(page);
    const { failures } = await resultOf(page);
    const lost = { code: "TRANSPORT_FAILED", retry: "unsafe" };
    expect(failures).toEqual([lost, lost]);
    await wasFrozen(page, freeze);
    await until(async () => (await server.process.report()).ends.length === 2);
    expect((await server.process.report()).openStreams).toBe(0);

    await setPace(page, 0);
    await start(page, server.url, { download: MIB, upload: MIB });
    const again = await resultOf(page);
    expect(again).toMatchObject({ failures: [], arrived: again.sent });
    expect(again.received).toBe((await server.process.report()).checksum);
  });
});

test("a tab in the background continues, although its timers fire once a second", async () => {
  const server = await startServer();
  const context = await startPlainChromium();
  const page = context.pages()[0]!;
  await page.goto(pages.origin);
  await (await context.newPage()).bringToFront();
  await until(async () => (await reportOf(page)).visibility === "hidden");
  const before = await reportOf(page);
  await start(page, server.url, { download: LENGTH, upload: 16 * MIB });
  const result = await resultOf(page);
  const after = await reportOf(page);
  expect(result.failures).toEqual([]);
  expect(result.received).toBe((await server.process.report()).checksum);
  expect(result.arrived).toBe(result.sent);
  // The page was in the background all the time, and was treated so.
  expect(after.visibility).toBe("hidden");
  await until(async () => (await reportOf(page)).ticks >= before.ticks + 2);
  expect((await reportOf(page)).longestGap).toBeGreaterThan(500);
});

/** Opens a page and starts its transfers. They are so slow that they remain unfinished for a long time. */
async function begin(arg: string, task: TabTask): Promise<{ page: Page; server: TestServer }> {
  const server = await startServer();
  const page = (await startPlainChromium(arg)).pages()[0]!;
  await page.goto(pages.origin);
  await setPace(page, 500);
  await start(page, server.url, task);
  await until(async () => {
    const { received, sent } = await reportOf(page);
    return received >= Math.min(MIB, task.download) && sent >= Math.min(MIB, task.upload);
  });
  return { page, server };
}

/** The progress of the server. */
interface Progress {
  readonly written: number;
  readonly read: number;
  /** Number of sessions that have ended. */
  readonly ends: number;
}

interface Freeze {
  /** The page's report before the freeze. */
  readonly before: TabReport;
  /** Progress when no bytes moved any more. */
  readonly still: Progress;
  /** Progress much later. */
  readonly later: Progress;
  /** Shortest time in which no code ran in the page, in milliseconds. */
  readonly ms: number;
}

/** Freezes the page: longer than its timers have ever been late, or (`isLong` is false) only until no bytes move. */
async function frozen(page: Page, server: ServerProcess, isLong = true): Promise<Freeze> {
  const devtools = await page.context().newCDPSession(page);
  const before = await reportOf(page);
  const ms = isLong ? FROZEN + before.longestGap : 0;
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  const still = await standstill(server);
  await pause(ms);
  const later = await progressOf(server);
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  return { before, still, later, ms };
}

/** Milliseconds. Timers of a page in the background fire more often than this, except on a busy machine. */
const FROZEN = 2_000;

/** Checks that no code ran in the page during the freeze. */
async function wasFrozen(page: Page, { before, ms }: Freeze): Promise<void> {
  await until(async () => (await reportOf(page)).ticks > before.ticks + 10);
  const { events, longestGap } = await reportOf(page);
  expect(events).toEqual(["freeze", "resume"]);
  expect(longestGap).toBeGreaterThanOrEqual(ms);
}

interface TestServer {
  readonly process: ServerProcess;
  readonly url: string;
}

async function startServer(): Promise<TestServer> {
  const process = new ServerProcess(pages.origin);
  onTestFinished(async () => void (await process.stop()));
  return { process, url: `ws://127.0.0.1:${await process.port()}` };
}

async function reportOf(page: Page): Promise<TabReport> {
  return page.evaluate(() => tab.report());
}

async function start(page: Page, url: string, task: TabTask): Promise<void> {
  await page.evaluate(([to, what]) => tab.start(to, what), [url, task] as const);
}

async function setPace(page: Page, ms: number): Promise<void> {
  await page.evaluate((pace) => {
    tab.pace = pace;
  }, ms);
}

/** Makes the page visible again. The browser believes it is visible already, so another page is shown first. */
async function show(page: Page): Promise<void> {
  const other = await page.context().newPage();
  await other.bringToFront();
  await page.bringToFront();
  await other.close();
  await until(async () => (await reportOf(page)).visibility === "visible");
}

async function resultOf(page: Page): Promise<TabResult> {
  return page.evaluate(async () => tab.result());
}

async function progressOf(server: ServerProcess): Promise<Progress> {
  const { written, read, ends } = await server.report();
  return { written, read, ends: ends.length };
}

/** Returns the progress, once it does not change any more. */
async function standstill(server: ServerProcess): Promise<Progress> {
  let last = await progressOf(server);
  for (let still = 0; still < 5; ) {
    await pause(100);
    const next = await progressOf(server);
    still = next.written === last.written && next.read === last.read ? still + 1 : 0;
    last = next;
  }
  return last;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
