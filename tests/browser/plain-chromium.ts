// Chromium as users have it. If Playwright starts Chromium, it keeps every page active: each page believes that it is
// visible, and timers in the background run at full speed. So Playwright only connects to this Chromium.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type BrowserContext, chromium } from "playwright";
import { onTestFinished } from "vitest";
import { HANG, WAIT } from "../../tools/time-limits/time-limits.mjs";
import { chromiumArguments, chromiumPath } from "./chromium.ts";

/** Starts Chromium, headless, with its own profile and a page. It ends with the test. */
export async function startPlainChromium(...args: readonly string[]): Promise<BrowserContext> {
  if (chromiumPath === undefined) throw new Error("no Chromium: set MUXADO_CHROMIUM to its path");
  const profile = await mkdtemp(path.join(tmpdir(), "muxado-chromium-"));
  const child = spawn(
    chromiumPath,
    [
      ...chromiumArguments,
      ...args,
      "--headless=new",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const exited = once(child, "exit");
  // Playwright's own `close` would only disconnect from this browser.
  let close = async (): Promise<void> => void child.kill("SIGKILL");
  onTestFinished(async () => {
    await close();
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const browser = await chromium.connectOverCDP(await endpointIn(child.stderr), {
    noDefaults: true,
    timeout: HANG,
  });
  const devtools = await browser.newBrowserCDPSession();
  close = async () => void (await devtools.send("Browser.close").catch(() => {}));
  const context = browser.contexts()[0]!;
  context.setDefaultTimeout(WAIT);
  return context;
}

/** Returns the URL of the debugging protocol. Chromium prints it when it has started. */
async function endpointIn(output: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(output)) {
    const [, endpoint] = /DevTools listening on (ws:.*)$/.exec(line) ?? [];
    if (endpoint !== undefined) {
      output.resume();
      return endpoint;
    }
    lines.push(line);
  }
  throw new Error(`Chromium has not started:\n${lines.join("\n")}`);
}
