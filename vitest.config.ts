import { defineConfig } from "vitest/config";
import { timeLimits } from "./tools/time-limits/time-limits.mjs";

// Tests import the packages by name and get their sources: no build comes first.
const conditions = ["@muxado/source"];

export default defineConfig({
  resolve: { conditions: [...conditions, "module", "development|production"] },
  ssr: { resolve: { conditions: [...conditions, "node", "module", "development|production"] } },
  test: {
    // By default one processor is left alone: half of a machine that has two.
    maxWorkers: "100%",
    ...timeLimits,
    setupFiles: ["tools/time-limits/setup.ts"],
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "peers/src/**/*.test.ts",
      "bench/src/**/*.test.ts",
      "interop/src/**/*.test.ts",
      "tests/runtimes/*.test.ts",
      "examples/**/*.test.ts",
      "tools/**/*.test.ts",
    ],
    coverage: {
      provider: "v8",
      include: ["packages/{frame,core,node,typed,heartbeat,resume,yamux,ws}/src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text", "json-summary"],
      thresholds: {
        "packages/frame/src/**": { statements: 95 },
        "packages/core/src/**": { statements: 95 },
        "packages/typed/src/**": { statements: 95 },
        "packages/heartbeat/src/**": { statements: 95 },
        "packages/resume/src/**": { statements: 95 },
        "packages/yamux/src/**": { statements: 95 },
        "packages/ws/src/**": { statements: 95 },
      },
    },
  },
});
