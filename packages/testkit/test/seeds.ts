// The first seed of this package's random tests: new each time, or the seed of a failure.

/** `MUXADO_SEED`, or a number that differs from run to run. Failures print the seed that they happened with. */
export const firstSeed: number = Number(
  process.env["MUXADO_SEED"] ?? Math.floor(Math.random() * 2 ** 31),
);

/** `MUXADO_SAVE`, the folder for recordings; none are made by default. */
export const saveIn: string | undefined = process.env["MUXADO_SAVE"];

/** `MUXADO_RUNS`, or a number that takes about a second. */
export const runs: number = Number(process.env["MUXADO_RUNS"] ?? 1000);

/** `MUXADO_FUZZ_FRAMES`: how many frames the fuzzer's sessions handle. The default takes a few seconds. */
export const fuzzFrames: number = Number(process.env["MUXADO_FUZZ_FRAMES"] ?? 200_000);
