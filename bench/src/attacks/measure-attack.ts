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
   * Seconds of processor time for each second of the attack. Above 1, the server falls behind. The value includes the
   * time to catch up after the attack, and the time spent on the other client.
   */
  readonly processor: number;
  /** Bytes of RAM at the peak, beyond those before the attack. */
  readonly rss: number;
  /** Bytes of memory left after a collection at the end of the attack, beyond those before the attack. */
  readonly held: number;
  /** Milliseconds, during the attack. */
  readonly longestBlock: number;
  /** Milliseconds, from the moment when the attacker has hung up. */
  readonly longestBlockAfter: number;
  /** Number of connections of the attacker. It makes each further one because the server ended the one before. */
  readonly connections: number;
  /** Number of streams open at the end of the attack. */
  readonly streams: number;
  readonly client: Latencies;
}

/** Milliseconds of warm-up for both processes. */
const WARM_UP = 2_000;

/** Milliseconds of measurement after the end of the attack, to find the cost of that end. */
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
    // The other client connects first. The attacker then connects, and sends nothing until it attacks.
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
