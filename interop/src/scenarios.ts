// All scenarios, in the order of the matrix.

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
import { resets } from "./scenarios/resetting.ts";
import { slowReaders } from "./scenarios/slow-reader.ts";
import { tls } from "./scenarios/tls.ts";
import { typed } from "./scenarios/typed.ts";
import { windows } from "./scenarios/window.ts";

export const scenarios: readonly Scenario[] = [
  ...echoes,
  ...concurrency,
  ...halfCloses,
  ...closings,
  ...resets,
  ...slowReaders,
  ...windows,
  ...acceptings,
  ...drains,
  ...endings,
  ...oddities,
  ...tls,
  ...typed,
  ...heartbeats,
];
