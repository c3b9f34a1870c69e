// One attack on one server, beside one honest client.

import { setTimeout as delay } from "node:timers/promises";
import type { Attack } from "./attacks.ts";
import { Attacker } from "./attacker.ts";
import { Child } from "./child.ts";
import type { Latencies, Left, Mark, ServerSetup } from "./messages.ts";
import type { RawWire } from "./raw-wire.ts";

export interface AttackResult {
  readonly attack: Attack;
  readonly wire: RawWire;
  /**
   * Seconds of processor time for each second of the attack: above 1, the server falls behind. What it has to catch up
   * with afterwards is in it, and the other client's part.
   */
  readonly processor: number;
  /** Bytes of RAM at the most, beyond those before. */
  readonly rss: number;
  /** Bytes of memory that a collection leaves at the end of the attack, beyond those before. */
  readonly held: number;
  /** Milliseconds. */
  readonly longestBlock: number;
  /** Milliseconds, from the moment on when the attacker has hung up. */
  readonly longestBlockAfter: number;
  /** The attacker's connections: each but the first because the server ended the one before. */
  readonly connections: number;
  /** Streams open when the attack was over. */
  readonly streams: number;
  readonly client: Latencies;
}

/** Milliseconds for both processes to become warm. */
const WARM_UP = 2_000;

/** Milliseconds after the end in which it must show what that costs. */
const AFTERWARDS = 1_000;

export async function measureAttack(
  attack: Attack,
  wire: RawWire,
  seconds: number,
  rate: number,
): Promise<AttackResult> {
  const setup: ServerSetup = {
    wire: wire.name,
    app: { kind: "attacked", app: attack.app ?? "answer" },
  };
  const [server, { port }] = await Child.start<{ port: number }>("server", [JSON.stringify(setup)]);
  const [client] = await Child.start("client", [String(port), wire.name]);
  const attacker = new Attacker(port, () => attack.frames(wire), attack.hangsUp);
  try {
    // First the other client, and then the attacker's, which is silent until it attacks.
    attacker.connect();
    await delay(WARM_UP);
    const before = await server.ask<Left>({ do: "collect" });
    await server.ask<Mark>({ do: "mark" });
    client.tell({ do: "begin" });
    let isOver = false;
    setTimeout(() => (isOver = true), seconds * 1000);
    await attacker.send(rate, () => isOver);
    const during = await server.ask<Mark>({ do: "mark" });
    const figures = await client.ask<Latencies>({ do: "end" });
    const { heap } = await server.ask<Left>({ do: "collect" });
    await server.ask<Mark>({ do: "mark" });
    attacker.kill();
    await delay(AFTERWARDS);
    const after = await server.ask<Mark>({ do: "mark" });
    return {
      attack,
      wire,
      processor: during.processor / (seconds * 1000),
      rss: during.peakRss - before.rss,
      held: heap - before.heap,
      longestBlock: during.longestBlock,
      longestBlockAfter: after.longestBlock,
      connections: attacker.connections,
      streams: during.streams,
      client: figures,
    };
  } finally {
    attacker.kill();
    await client.stop();
    await server.stop();
  }
}
