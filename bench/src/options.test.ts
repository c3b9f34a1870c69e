import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";
import { takesPart } from "./peer.ts";
import { targets } from "./targets.ts";
import { workloads } from "./workload.ts";

test("without options, all workloads are measured in nine rounds and printed as text", () => {
  const options = parseOptions([])!;
  expect(options.workloads).toEqual(workloads);
  expect(options).toMatchObject({ format: "text", rounds: 9, plots: undefined });
});

test("a quick run measures less of everything, and us beside the peers of the targets", () => {
  const [all, quick] = [parseOptions([])!, parseOptions(["--quick"])!];
  expect(quick.workloads.length).toBeLessThan(all.workloads.length);
  expect(quick.rounds).toBeLessThan(all.rounds);
  expect(quick.sizes.bulkBytes).toBeLessThan(all.sizes.bulkBytes);
  for (const workload of quick.workloads) {
    const names = quick.peers.filter((peer) => quick.wants(peer, workload)).map(({ name }) => name);
    expect(names[0]).toBe("muxado");
    expect(names.length).toBeLessThan(all.peers.length / 2);
    const others = targets
      .filter(({ of }) => of.workload === workload.name)
      .map(({ of, over = of }) => over.peer);
    expect(names).toEqual(expect.arrayContaining(others));
  }
});

test("what is named is measured, by its name or its kind, also in a quick run", () => {
  const args = ["--workload", "bulk-64", "--workload", "open", "--peer", "ws", "--peer", "muxado"];
  const options = parseOptions(["--quick", ...args])!;
  expect(options.workloads.map(({ name }) => name)).toEqual([
    "open-1",
    "open-64",
    "open-256",
    "bulk-64",
  ]);
  // The order is that of the tables.
  expect(options.peers.map(({ name }) => name)).toEqual(["muxado", "ws"]);
});

test("the echo matrix has few peers, unless they are named", () => {
  const echo = workloads.find(({ kind }) => kind === "echo")!;
  const wanted = (args: string[]): string[] => {
    const { peers, wants } = parseOptions(args)!;
    return peers.filter((peer) => wants(peer, echo)).map(({ name }) => name);
  };
  expect(wanted([])).toContain("go-muxado-tls");
  expect(wanted([])).not.toContain("go-yamux");
  expect(wanted(["--peer", "go-yamux"])).toEqual(["go-yamux"]);
});

test("relay has a few peers that have one, and others if they are named", () => {
  const relay = workloads.find(({ kind }) => kind === "relay")!;
  const able = (args: string[]): string[] => {
    const { peers, wants } = parseOptions(args)!;
    const wanted = peers.filter((peer) => wants(peer, relay) && takesPart(peer, relay));
    return wanted.map(({ name }) => name);
  };
  const usual = ["muxado", "yamux", "muxado-relay", "tcp-connections", "go-muxado", "go-yamux"];
  expect(able([])).toEqual(usual);
  const named = ["muxado-ws", "muxado-duplex", "rust-muxado", "http2"];
  expect(able(named.flatMap((name) => ["--peer", name]))).toEqual(["muxado-ws"]);
});

test("rounds, sizes, format and plots can be given", () => {
  const args = ["--rounds", "5", "--seconds", "3", "--gib", "0.5", "--markdown", "--plot", "out"];
  expect(parseOptions(args)).toMatchObject({
    rounds: 5,
    sizes: { openSeconds: 3, bulkBytes: 2 ** 29 },
    format: "markdown",
    plots: "out",
  });
  expect(parseOptions(["--json"])!.format).toBe("json");
});

test("what cannot be meant is refused, with what was given", () => {
  expect(() => parseOptions(["--rounds", "0"])).toThrow("--rounds must be a number above 0, got 0");
  expect(() => parseOptions(["--gib", "much"])).toThrow("got much");
  expect(() => parseOptions(["--workload", "opne"])).toThrow('--workload: there is no "opne"');
  expect(() => parseOptions(["--peer", "http3"])).toThrow('--peer: there is no "http3"');
  expect(() => parseOptions(["--json", "--markdown"])).toThrow("exclude");
  expect(() => parseOptions(["--fast"])).toThrow(TypeError);
});

test("asked for help, there are no options", () => {
  expect(parseOptions(["--help"])).toBeUndefined();
});
