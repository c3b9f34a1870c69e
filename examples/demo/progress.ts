// One line with the progress of both processes, if there is a terminal to show it.

export class Progress {
  readonly #shown: Map<string, string> = new Map();

  show(name: string, done: number, of: number): void {
    if (!process.stderr.isTTY) return;
    this.#shown.set(name, `${name} ${done}/${of}`);
    process.stderr.write(`\r${[...this.#shown.values()].join("   ")}`);
  }

  end(): void {
    if (this.#shown.size > 0) process.stderr.write("\n\n");
    this.#shown.clear();
  }
}
