// A runtime runs this program. It prints the runtime's version and the path of its executable.

const { bun, deno, node } = process.versions;
const version = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
console.log(JSON.stringify({ program: process.execPath, version }));
