// The page of examples/browser, used as its users do: in two sizes, in both colour schemes, and while it loses its
// server. `pnpm run screenshots` keeps the screenshots, for the README of the example.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { BrowserContext } from "playwright";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { ExamplePage } from "./example-page.ts";
import { buildExample, ExampleSite } from "./example-site.ts";

const KEEPS = process.env["MUXADO_SCREENSHOTS"] === "write";
const SCREENSHOTS = path.join(import.meta.dirname, "../../examples/browser/screenshots");

/** Most bytes of a screenshot, because every clone has the screenshots. */
const LARGEST = 250_000;

let browser: BrowserContext;
let folder: string;

beforeAll(async () => {
  await buildExample();
  browser = await launchChromium();
  folder = KEEPS ? SCREENSHOTS : await mkdtemp(path.join(tmpdir(), "muxado-screenshots-"));
  await mkdir(folder, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  if (!KEEPS && folder !== undefined) await rm(folder, { recursive: true });
});

const looks = [
  { name: "desktop-light", width: 1280, height: 800, colorScheme: "light" },
  { name: "desktop-dark", width: 1280, height: 800, colorScheme: "dark" },
  { name: "phone-light", width: 390, height: 844, colorScheme: "light" },
  { name: "phone-dark", width: 390, height: 844, colorScheme: "dark" },
] as const;

describe.each(looks)("$name", (look) => {
  test("the chat works during an upload, and the page shows both", async () => {
    const site = await startSite();
    const page = await open(site.url, look);
    const other = await open(site.url);
    // An animated page uses as much processor time unseen as seen.
    await other.page.emulateMedia({ reducedMotion: "reduce" });
    expect(await page.overflow()).toBe(0);
    const places = await page.places();
    expect(places).toHaveLength(8);
    // Gives the gauges time to collect values.
    if (KEEPS) await sleep(12_000);

    await page.upload({ slowly: !KEEPS });
    await page.page.locator("#upload-state", { hasText: /[1-9] %/ }).waitFor();
    await page.say("I am sending 64 MiB. Can you hear me?");
    await other.message("I am sending 64 MiB. Can you hear me?");
    await other.say("Loud and clear.");
    await page.message("Loud and clear.");
    await page.delivery("I am sending 64 MiB. Can you hear me?", "delivered");
    await page.button("Have the server open 100").click();
    await page.say("And a hundred streams from the server.");
    await page.delivery("And a hundred streams from the server.", "delivered");
    await expect.poll(async () => (await page.drawn("gift")).below).toBeGreaterThan(200);
    await page.page.locator("#meanwhile", { hasText: "small messages meanwhile" }).waitFor();
    if (KEEPS) await sleep(1500);
    expect((await page.drawn("upload")).above).toBeGreaterThan(200);
    expect((await page.drawn("echo")).above).toBeGreaterThan(20);
    expect((await page.drawn("upload")).below).toBe(0);
    await page.page.locator("#frame-list li", { hasText: "bytes" }).first().waitFor();
    const image = await shoot(page, look.name);
    // All of this has happened during the upload.
    expect(await page.uploadState()).toBe("sending");

    expect(image.byteLength).toBeLessThan(LARGEST);
    expect(sizeOf(image)).toEqual([look.width, look.height]);
    expect(await coloursOf(image)).toBeGreaterThan(100);
    expect(await page.places()).toEqual(places);
    expect(await page.overflow()).toBe(0);
    await page.button("Cancel").click();
    await expect.poll(() => page.uploadText()).toContain("cancelled");
    expect(await page.places()).toEqual(places);
    expect(page.complaints).toEqual([]);
    expect(other.complaints).toEqual([]);
  });

  test("every text has enough contrast", async () => {
    const site = await startSite();
    const page = await open(site.url, look);
    const texts = ["text", "muted", "good", "warn", "bad"].flatMap((name) =>
      ["ground", "surface", "raised"].map((ground) => [name, ground] as const),
    );
    for (const [text, ground] of [...texts, ["on-accent", "accent"] as const]) {
      expect.soft(await page.contrast(text, ground), `${text} on ${ground}`).toBeGreaterThan(4.5);
    }
    for (const kind of ["chat", "upload", "echo", "news", "gift", "beat", "edge", "accent"]) {
      expect.soft(await page.contrast(kind, "surface"), kind).toBeGreaterThan(3);
    }
  });
});

test("a file arrives unchanged", async () => {
  const site = await startSite();
  const page = await open(site.url);
  const buffer = Buffer.from(Array.from({ length: 1_500_000 }, (_, index) => (index * 31) >> 5));
  await page.page.getByLabel("The server takes").selectOption("0");
  await page.page
    .getByLabel("Choose a file")
    .setInputFiles({ name: "some.bin", mimeType: "application/octet-stream", buffer });
  const checksum = crc32(buffer).toString(16).padStart(8, "0");
  await expect.poll(() => page.uploadText()).toContain(`same checksum, ${checksum}`);
  expect(await page.uploadState()).toBe("done");
  expect(page.complaints).toEqual([]);
});

test("a page that loses its server connects to the next server, and then sends waiting messages", async () => {
  const first = await startSite();
  const page = await open(first.url);
  await page.say("before");
  await page.delivery("before", "delivered");
  await page.upload({ slowly: true });
  await page.page.locator("#upload-state", { hasText: /[1-9] %/ }).waitFor();
  await first.kill();
  await page.reach("waiting");
  await expect.poll(() => page.uploadText()).toMatch(/Ended at \d+ %: [A-Z_]+, and part of it may/);
  await page.say("meanwhile");
  await page.delivery("meanwhile", "waiting");

  const second = await startSite(first.port);
  await page.reach("connected");
  await page.delivery("meanwhile", "delivered");
  const other = await open(second.url);
  await other.message("meanwhile");
  await page.button("Have the server open 100").click();
  await expect.poll(async () => (await page.drawn("gift")).below).toBeGreaterThan(200);
});

test("a message that may have arrived is sent again only if its author asks for it", async () => {
  const first = await startSite();
  const page = await open(first.url);
  first.hold();
  await page.say("did you get this?");
  await page.delivery("did you get this?", "sending");
  await first.kill();
  const item = await page.delivery("did you get this?", "unknown");

  await startSite(first.port);
  await page.reach("connected");
  await page.say("and this?");
  await page.delivery("and this?", "delivered");
  await page.delivery("did you get this?", "unknown");
  await item.getByRole("button", { name: "Send again" }).click();
  await page.delivery("did you get this?", "delivered");
});

test("a connection that is cut by hand is handled like any lost connection", async () => {
  const site = await startSite();
  const page = await open(site.url, looks[2]);
  await page.say("kept");
  await page.delivery("kept", "delivered");
  // Makes the pause so long that only the button can end it.
  await page.page.evaluate(() => {
    Math.random = () => 1000;
  });
  await page.button("Cut the line").click();
  await page.reach("waiting");
  await page.button("Retry now").waitFor();
  expect(await page.overflow()).toBe(0);
  await page.button("Retry now").click();
  await page.reach("connected");
  await page.say("again");
  await page.delivery("again", "delivered");
  // The history of the new session does not repeat a message.
  expect(await page.page.locator("#chat-list > li").count()).toBe(2);
  expect(page.complaints).toEqual([]);
});

test("the keyboard reaches every control, and the frame log can be stopped", async () => {
  const site = await startSite();
  const page = await open(site.url);
  const reached = new Set<string>();
  for (let count = 0; count < 12; count++) {
    await page.page.keyboard.press("Tab");
    reached.add(await page.page.evaluate(() => document.activeElement?.id ?? ""));
  }
  for (const id of ["cut", "wish", "urgency", "pace", "generate", "file", "chat-list", "pause"]) {
    expect.soft(reached, id).toContain(id);
  }
  await page.page.locator("#pause").press("Enter");
  const log = page.page.locator("#frame-list");
  const before = await log.textContent();
  const count = page.page.locator("#frame-count");
  const frames = await count.textContent();
  await expect.poll(() => count.textContent()).not.toBe(frames);
  expect(await log.textContent()).toBe(before);
  await page.page.locator("#pause").press("Enter");
  await expect.poll(() => log.textContent()).not.toBe(before);
});

test("the server ends when it is asked to, with pages connected", async () => {
  const site = await startSite();
  const page = await open(site.url);
  expect(await site.stop()).toBe(0);
  await page.reach("waiting");
});

async function startSite(port?: number): Promise<ExampleSite> {
  const site = await ExampleSite.start(port);
  onTestFinished(() => site.kill());
  return site;
}

async function open(...args: [url: string, look?: (typeof looks)[number]]): Promise<ExamplePage> {
  const page = await ExamplePage.open(browser, ...args);
  onTestFinished(() => page.page.close());
  return page;
}

async function shoot({ page }: ExamplePage, name: string): Promise<Buffer> {
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    scrollTo(0, 0);
  });
  const image = await page.screenshot();
  await writeFile(path.join(folder, `${name}.png`), image);
  return image;
}

/** Returns width and height, from the header of a PNG. */
function sizeOf(image: Buffer): [number, number] {
  return [image.readUInt32BE(16), image.readUInt32BE(20)];
}

/** Returns the number of colours in an image. An empty page has few. */
async function coloursOf(image: Buffer): Promise<number> {
  const page = await browser.newPage();
  try {
    return await page.evaluate(
      async (source) => {
        const bitmap = await createImageBitmap(await (await fetch(source)).blob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        return new Set(new Uint32Array(data.buffer)).size;
      },
      `data:image/png;base64,${image.toString("base64")}`,
    );
  } finally {
    await page.close();
  }
}
