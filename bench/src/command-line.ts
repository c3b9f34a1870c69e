// The arguments of both commands. Before a command measures, it takes its options, or prints its help, or prints an
// error.

/** Returns undefined if there is nothing to run. It has then printed why. */
export function optionsOf<Options>(
  parse: (args: string[]) => Options | undefined,
  usage: string,
): Options | undefined {
  try {
    const options = parse(process.argv.slice(2));
    if (options === undefined) console.log(usage);
    return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}
