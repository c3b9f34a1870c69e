// Work on many items, done in parts with tasks of their own between them: no end of a session holds up the event loop,
// however many streams it has. It knows nothing of the items.

import type { Clock } from "./clock.ts";

/** Items of one part. Programs do something about each end, too: a Duplex takes some 50 µs. */
const PART = 256;

/** Calls `work` with each of `items`, the first part of them at once, and `done` behind the last. */
export function inSlices<T>(
  clock: Clock,
  items: readonly T[],
  work: (item: T) => void,
  done: () => void,
): void {
  let at = 0;
  const next = (): void => {
    const end = Math.min(at + PART, items.length);
    while (at < end) work(items[at++]!);
    if (at === items.length) done();
    else soon(clock, next);
  };
  next();
}

/** Calls `callback` in a task of its own. */
function soon(clock: Clock, callback: () => void): void {
  if (clock.soon === undefined) clock.setTimer(callback, 0);
  else clock.soon(callback);
}
