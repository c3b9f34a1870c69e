// The browser of these tests: finds the system's Chromium and starts it. Downloads nothing.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type BrowserContext, chromium } from "playwright";
import { HANG, WAIT } from "../../tools/time-limits/time-limits.mjs";

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/opt/google/chrome/chrome",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const given = process.env["MUXADO_CHROMIUM"];

/**
 * The path of Chromium: from the environment variable MUXADO_CHROMIUM, or from a usual place. Undefined if Chromium is
 * in no such place, or if the variable is empty.
 */
export const chromiumPath: string | undefined =
  given === undefined ? USUAL_PLACES.find((place) => existsSync(place)) : given || undefined;

/** Arguments for Chromium. With them, Chromium sends no network requests of its own. */
export const chromiumArguments: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts Chromium, headless, with its own profile. The caller ends it with `await using` or `close()`, which also
 * removes the profile.
 */
export async function launchChromium(): Promise<BrowserContext> {
  if (chromiumPath === undefined) throw new Error("no Chromium: set MUXADO_CHROMIUM to its path");
  const profile = await mkdtemp(path.join(tmpdir(), "muxado-chromium-"));
  const remove = (): Promise<void> => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath,
      headless: true,
      args: [...chromiumArguments],
      timeout: HANG,
    });
    context.setDefaultTimeout(WAIT);
    const close = context.close.bind(context);
    context.close = async (options) => {
      await close(options);
      await remove();
    };
    return context;
  } catch (error) {
    await remove();
    throw error;
  }
}
