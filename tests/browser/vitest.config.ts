// Two kinds of browser tests: those that run in the page, and those that run in Node and control the browser.

import path from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { HANG, timeLimits } from "../../tools/time-limits/time-limits.mjs";
import { chromiumArguments, chromiumPath } from "./chromium.ts";
import { commands } from "./commands.ts";

// The same as in the tests of every package.
const conditions = ["@muxado/source"];
const root = import.meta.dirname;
const setupFiles = [path.join(root, "../../tools/time-limits/setup.ts")];

const isMissing = chromiumPath === undefined;
if (isMissing) {
  const message =
    "NOT RUN: the tests in a browser, because there is no Chromium; MUXADO_CHROMIUM can tell where it is";
  if (process.env["CI"]) throw new Error(message);
  console.error(`\n${message}\n`);
}

export default defineConfig({
  test: {
    root,
    passWithNoTests: isMissing,
    projects: [
      {
        root,
        resolve: { conditions: [...conditions, "module", "browser", "development|production"] },
        test: {
          name: "page",
          ...timeLimits,
          setupFiles,
          include: isMissing ? [] : ["page/**/*.test.ts"],
          globalSetup: ["bare-server.ts"],
          // One at a time: tests measure the memory of the page, and share the machine with their servers.
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            connectTimeout: HANG,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: chromiumPath!,
                args: [...chromiumArguments],
                timeout: HANG,
              },
            }),
            instances: [{ browser: "chromium" }],
            commands,
          },
        },
      },
      {
        root,
        ssr: {
          resolve: { conditions: [...conditions, "node", "module", "development|production"] },
        },
        test: {
          name: "beside",
          include: isMissing ? [] : ["*.test.ts"],
          ...timeLimits,
          setupFiles,
          fileParallelism: false,
          // After the tests in the page.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
