// All quirks, in the order of their numbers.

import { both } from "./quirks/both.ts";
import { goEnding } from "./quirks/go-ending.ts";
import { goFlow } from "./quirks/go-flow.ts";
import { goGoAway } from "./quirks/go-goaway.ts";
import { goOpening } from "./quirks/go-opening.ts";
import { goSession } from "./quirks/go-session.ts";
import { goTyped } from "./quirks/go-typed.ts";
import { rustEnding } from "./quirks/rust-ending.ts";
import { rustFlow } from "./quirks/rust-flow.ts";
import { rustOpening } from "./quirks/rust-opening.ts";
import { rustSession } from "./quirks/rust-session.ts";
import { rustTyped } from "./quirks/rust-typed.ts";
import { yamuxGo } from "./quirks/yamux-go.ts";
import { yamuxJs } from "./quirks/yamux-js.ts";
import { yamuxRust } from "./quirks/yamux-rust.ts";
import type { Quirk } from "./scenario.ts";

export const quirks: readonly Quirk[] = [
  ...inOrder([...goOpening, ...goEnding, ...goFlow, ...goGoAway, ...goSession, ...goTyped]),
  ...inOrder([...rustOpening, ...rustEnding, ...rustFlow, ...rustSession, ...rustTyped]),
  ...inOrder([...both]),
  ...yamuxGo,
  ...yamuxRust,
  ...yamuxJs,
];

function inOrder(list: Quirk[]): Quirk[] {
  return list.sort((left, right) => Number(left.id.slice(1)) - Number(right.id.slice(1)));
}
