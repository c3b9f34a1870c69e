// Checks of options that must come before anything is dialed or listens.

import { type Role, Session, type SessionOptions, type Transport } from "@muxado/core";

/** Throws now what a session would throw later: the RangeError or TypeError that names the option. */
export function checkSessionOptions(role: Role, options: SessionOptions): void {
  // Only core knows the limits of its options, and it checks them where they are used.
  void new Session(nowhere, role, options);
}

const nowhere: Transport = { start: ignore, write: ignore, end: ignore, destroy: ignore };

function ignore(): void {}

/** Throws a RangeError unless `value` is a whole number, or Infinity where `most` is, within the limits. */
export function checkNumber(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
): void {
  const whole = Number.isInteger(value) || (value === Infinity && most === Infinity);
  if (whole && value! >= least && value! <= most) return;
  throw new RangeError(
    `${name} must be a whole number from ${least} to ${most}, got ${String(value)}`,
  );
}
