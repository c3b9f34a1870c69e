// Time limits of tests, in milliseconds. After this time, a test reports that something hangs. The limits are far
// longer than any test takes on a busy machine. No test has a shorter limit, because a shorter one would test the
// machine and not the product.

/** For a test or a hook. The slowest tests take a quarter of a minute on two processors without other work. */
export const HANG = 300_000;

/** For one condition that a test waits for. Shorter than HANG, so the report names the condition and not the test. */
export const WAIT = 120_000;

/** Time between two checks of such a condition. */
export const LOOK = 5;

/** The same limits for vitest's configurations. */
export const timeLimits = {
  testTimeout: HANG,
  hookTimeout: HANG,
  teardownTimeout: HANG,
  expect: { poll: { timeout: WAIT, interval: LOOK } },
};
