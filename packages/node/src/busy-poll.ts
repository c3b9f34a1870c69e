// Looking for input instead of sleeping until it comes. Where the peer answers at once, as on the same machine, putting
// a process to sleep and waking it takes longer than all that it does in between (docs/decisions/0026).

import { checkNumber } from "@muxado/core";

/** What {@link stayAwake} is asked for. */
export interface BusyPollOptions {
  /**
   * Milliseconds for which this thread goes on looking for input when something has come or left, instead of
   * sleeping: round trips are shorter, and a processor is busy meanwhile. At most 100. Default: 0.
   */
  readonly busyPoll?: number | undefined;
}

/** In milliseconds. For as long, a process may outlive its last session. */
const LONGEST = 100;

/** The option, or its default. @throws {RangeError} if it is out of range. */
export function busyPollOf({ busyPoll = 0 }: BusyPollOptions): number {
  return checkNumber("busyPoll", busyPoll, 0, LONGEST);
}

/** On the clock of `performance.now()`; of all sessions of this thread, since they share its event loop. */
let awakeUntil = 0;
let isTurning = false;

/** Keeps the event loop turning for so many milliseconds from now, or more if so asked before. */
export function stayAwake(duration: number): void {
  awakeUntil = Math.max(awakeUntil, performance.now() + duration);
  if (isTurning) return;
  isTurning = true;
  setImmediate(turn);
}

/** As long as an immediate is due, the event loop only looks for input and does not wait for it. */
function turn(): void {
  isTurning = performance.now() < awakeUntil;
  if (isTurning) setImmediate(turn);
}
