// How long tests wait before they say that something hangs, in milliseconds: far longer than anything takes on a
// machine that is busy. No test has a shorter limit, since that would judge the machine and not the product.

/** For a test or a hook. The longest take a quarter of a minute on two processors that have nothing else to do. */
export const HANG = 300_000;

/** For one condition that a test waits for: shorter, so that the report names the condition and not the test. */
export const WAIT = 120_000;

/** Between two looks at such a condition. */
export const LOOK = 5;

/** The same for vitest's configurations. */
export const timeLimits = {
  testTimeout: HANG,
  hookTimeout: HANG,
  teardownTimeout: HANG,
  expect: { poll: { timeout: WAIT, interval: LOOK } },
};
