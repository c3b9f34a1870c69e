// All quirks, in the order of their numbers.

import { both } from "./quirks/both.ts";
import { goSession } from "./quirks/go-session.ts";
import { goStreams } from "./quirks/go-streams.ts";
import { goTyped } from "./quirks/go-typed.ts";
import { rustSession } from "./quirks/rust-session.ts";
import { rustStreams } from "./quirks/rust-streams.ts";
import { rustTyped } from "./quirks/rust-typed.ts";
import type { Quirk } from "./scenario.ts";

export const quirks: readonly Quirk[] = [
  ...inOrder([...goStreams, ...goSession, ...goTyped]),
  ...inOrder([...rustStreams, ...rustSession, ...rustTyped]),
  ...inOrder([...both]),
];

function inOrder(list: Quirk[]): Quirk[] {
  return list.sort((left, right) => Number(left.id.slice(1)) - Number(right.id.slice(1)));
}
