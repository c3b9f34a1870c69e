// The check of all numeric options and arguments.

/**
 * Returns `value` if it is a whole number within the limits. Infinity is allowed where `most` is Infinity.
 *
 * @throws {RangeError} otherwise; the message gives the option, its limits and the value.
 */
export function checkNumber(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
): number {
  const whole = Number.isInteger(value) || (value === Infinity && most === Infinity);
  if (!whole || value! < least || value! > most) {
    throw new RangeError(
      `${name} must be a whole number from ${least} to ${most}, got ${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
    );
  }
  return value!;
}
