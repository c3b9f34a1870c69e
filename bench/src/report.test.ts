import { expect, test } from "vitest";
import { asMarkdown } from "./markdown.ts";
import type { Measurement } from "./measurement.ts";
import { asJson, asText, readable, type Results } from "./report.ts";
import { workloads } from "./workload.ts";

function measurement(name: string, values: Record<string, number[]>): Measurement {
  const workload = workloads.find((one) => one.name === name)!;
  return { workload, unit: "streams/s", lessIsBetter: false, values };
}

function results(measurements: Measurement[]): Results {
  return {
    versions: { node: "20.0.0" },
    peers: [],
    rounds: 3,
    sizes: { openSeconds: 1, bulkBytes: 2 ** 30, others: [] },
    measurements,
    missing: [],
  };
}

const open = measurement("open-64", { muxado: [3000, 2000, 2500], http2: [100, 100, 125] });

/** The only line that contains all of `parts`, with each run of spaces reduced to one. */
function line(text: string, ...parts: string[]): string {
  const lines = text.split("\n").map((one) => one.trim().replaceAll(/ +/g, " "));
  const found = lines.filter((one) => parts.every((part) => one.includes(part)));
  expect(found).toHaveLength(1);
  return found[0]!;
}

test("a table has the median, the least, the most, and the paired ratio to the first peer", () => {
  expect(line(asText(results([open])), "http2", "100")).toBe("http2 100 100 125 20.00");
});

test("targets are shown as met or not, and those that were not measured not at all", () => {
  const text = asText(results([open]));
  expect(line(text, "muxado ÷ http2")).toBe("open-64 muxado ÷ http2 20 ≥ 10 met");
  expect(text).not.toContain("go-muxado");
  const slow = asText(results([measurement("open-64", { muxado: [900], http2: [100] })]));
  expect(line(slow, "muxado ÷ http2")).toBe("open-64 muxado ÷ http2 9 ≥ 10 not met");
});

test("JSON has the values of every round, and the targets", () => {
  const { results: own, targets, versions } = JSON.parse(asJson(results([open])));
  expect(own[0].workload).toBe("open-64");
  expect(own[0].peers.http2).toEqual({
    median: 100,
    min: 100,
    max: 125,
    ratio: 20,
    rounds: [100, 100, 125],
  });
  const target = targets.find(({ what }: { what: string }) => what === "muxado ÷ http2");
  expect(target).toEqual({
    workload: "open-64",
    what: "muxado ÷ http2",
    atLeast: 10,
    found: 20,
    isMet: true,
  });
  expect(versions).toEqual({ node: "20.0.0" });
});

test("processor time has a column for each side, and a dash where the system does not tell", () => {
  const sides = { client: { muxado: [3, 1, 2], http2: [7] }, server: { muxado: [30, 10, 20] } };
  const costly = { ...open, processorTime: { per: "1 000 streams", sides } };
  const text = asText(results([costly]));
  expect(line(text, "open-64:")).toBe(
    "open-64: streams/s; client, server: ms of processor time per 1 000 streams",
  );
  expect(line(text, "median")).toBe("median min max muxado ÷ it client server");
  expect(line(text, "muxado 2")).toBe("muxado 2 500 2 000 3 000 1.00 2 20");
  expect(line(text, "http2", "100")).toBe("http2 100 100 125 20.00 7 –");
  const markdown = asMarkdown(results([costly]));
  expect(line(markdown, "| peer | median")).toBe(
    "| peer | median | min | max | muxado ÷ it | client | server |",
  );
  expect(line(markdown, "| http2 | 100 |")).toBe("| http2 | 100 | 100 | 125 | 20 | 7 | – |");
  const [{ processorTime, peers }] = JSON.parse(asJson(results([costly]))).results;
  expect(processorTime).toBe("ms per 1 000 streams");
  expect(peers.muxado.processorTime.server).toEqual({ median: 20, rounds: [30, 10, 20] });
  expect(peers.http2.processorTime).toEqual({ client: { median: 7, rounds: [7] } });
});

test("Markdown has the targets that were measured, the tables, and the echoes as one matrix", () => {
  const echoes = [
    measurement("echo-1B-4", { muxado: [10], http2: [5] }),
    measurement("echo-1B-8", { muxado: [20] }),
  ];
  const text = asMarkdown(results([open, ...echoes]));
  expect(line(text, "| open-64 | muxado ÷ http2 |")).toBe(
    "| open-64 | muxado ÷ http2 | ≥ 10 | 20 | met |",
  );
  expect(text).not.toContain("go-muxado");
  expect(line(text, "| http2 | 100 |")).toBe("| http2 | 100 | 100 | 125 | 20 |");
  expect(line(text, "| 1B × 4 |")).toBe("| 1B × 4 | streams/s | 10 | 5 |");
  expect(line(text, "| 1B × 8 |")).toBe("| 1B × 8 | streams/s | 20 | – |");
});

test("a run that ended early says in each form what it did not come to", () => {
  const cut = { ...results([open]), missing: ["bulk-1", "idle"] };
  for (const text of [asText(cut), asMarkdown(cut)]) {
    expect(text).toContain("ended early, without bulk-1, idle.");
  }
  expect(JSON.parse(asJson(cut)).missing).toEqual(["bulk-1", "idle"]);
  expect(asText(results([open]))).not.toContain("early");
});

test("numbers are as exact as they are interesting", () => {
  expect([1.234, 12.34, 123.4, 1234567, 20, 0.5].map(readable)).toEqual([
    "1.23",
    "12.3",
    "123",
    "1 234 567",
    "20",
    "0.50",
  ]);
});
