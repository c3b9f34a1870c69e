// The findings as numbers: the rows of the table, for the guide and the terminal.

import {
  ATTACK,
  type Findings,
  PIPE,
  quantile,
  type Requests,
  sum,
  WEIGHTS,
} from "./simulation.ts";

/** One row: the subject of a measurement, its result, and the promised value. */
export type Figure = readonly [what: string, found: string, promised: string];

/** The rows of all findings. */
export function figuresOf(findings: Findings): Figure[] {
  const { tuned, fixed, fairness, shares, unread, unsent } = findings;
  const { ordinary, urgent, urgentSmall, unbounded } = findings;
  const steady = tuned.filter(({ at }) => at > PIPE.duration / 2);
  const budget = `under ${mebibytes(ATTACK.memoryBudget)}`;
  return [
    ["16 equal streams, 100 turns each: Jain's index", fairness.toFixed(4), "at least 0.99"],
    [
      `weights ${WEIGHTS.join(", ")}: the largest deviation`,
      percent(Math.max(...shares.map((share) => Math.abs(share - 1)))),
      "within 5 %",
    ],
    ["one stream, 1 Gbit/s, 100 ms: fixed window of 256 KiB", usage(fixed), "about 2 %"],
    ["the same, window tuned by itself: steady", usage(steady), "at least 90 %"],
    [`the same, with its start: the first ${PIPE.duration / 1000} s`, usage(tuned), ""],
    ["request of 64 bytes amid 8 bulk streams, no priority", times(ordinary), ""],
    ["the same, urgency 0", times(urgent), bound(urgent)],
    ["the same, urgency 0, transport budget of 64 KiB", times(urgentSmall), bound(urgentSmall)],
    ["the same, urgency 0, no transport budget", times(unbounded), ""],
    ["10 000 streams filled and not read: most memory", mebibytes(unread.peak), budget],
    ["10 000 answers without credit: most memory", mebibytes(unsent.peak), budget],
    [
      "questions of another stream meanwhile, answered",
      `${unread.answered + unsent.answered} of ${unread.asked + unsent.asked}`,
      "all",
    ],
  ];
}

/** Returns how much of the pipe was used. */
function usage(samples: Findings["tuned"]): string {
  const seconds = (samples.length * PIPE.step) / 1000;
  return percent(sum(samples.map(({ bytes }) => bytes)) / (seconds * PIPE.bandwidth));
}

/** Returns the time until the requests have arrived: the median, and the longest. */
function times({ times: all }: Requests): string {
  const arrived = all.map((one) => one.arrived);
  const [middle, most] = [quantile(arrived, 0.5), Math.max(...arrived)];
  return `${middle.toFixed(1)} ms, at most ${most.toFixed(1)} ms`;
}

function bound(requests: Requests): string {
  return `at most ${requests.bound.toFixed(1)} ms`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
