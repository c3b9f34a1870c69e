// All scenarios, in the order of the matrix.

import type { Wire } from "./peers.ts";
import type { Scenario } from "./scenario.ts";
import { acceptings } from "./scenarios/accepting.ts";
import { closings } from "./scenarios/closing.ts";
import { concurrency } from "./scenarios/concurrency.ts";
import { drains } from "./scenarios/draining.ts";
import { echoes } from "./scenarios/echo.ts";
import { endings } from "./scenarios/ending.ts";
import { halfCloses } from "./scenarios/half-close.ts";
import { heartbeats } from "./scenarios/heartbeat.ts";
import { oddities } from "./scenarios/oddities.ts";
import { resets, unheardOf } from "./scenarios/resetting.ts";
import { slowReaders } from "./scenarios/slow-reader.ts";
import { tls } from "./scenarios/tls.ts";
import { typed } from "./scenarios/typed.ts";
import { windows } from "./scenarios/window.ts";
import { yamuxAcknowledgements } from "./scenarios/yamux-acknowledging.ts";
import { yamuxPings } from "./scenarios/yamux-ping.ts";
import { yamuxResets } from "./scenarios/yamux-resetting.ts";
import { yamuxWindows } from "./scenarios/yamux-window.ts";

export const scenarios: readonly Scenario[] = [
  ...echoes,
  ...concurrency,
  ...halfCloses,
  ...closings,
  ...resets,
  ...about("yamux", yamuxResets),
  unheardOf,
  ...slowReaders,
  ...windows,
  ...about("yamux", yamuxWindows),
  ...acceptings,
  ...about("yamux", yamuxAcknowledgements),
  ...drains,
  ...endings,
  ...oddities,
  ...tls,
  ...about("muxado", typed),
  ...about("muxado", heartbeats),
  ...about("yamux", yamuxPings),
];

function about(wire: Wire, list: readonly Scenario[]): Scenario[] {
  return list.map((scenario) => ({ ...scenario, wire }));
}
