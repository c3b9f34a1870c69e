// Uses the packed packages in projects outside this repository. Compiles the programs in programs/ with each supported
// compiler and each supported way of resolving modules. Then lets npm install the packages beside an older `ws`. Run it
// from the root of the repository, after a build. For one project only: `node tools/consumer/main.mjs "5.9, node16"`.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir, rename } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";

const packages = ["core", "frame", "heartbeat", "node", "resume", "typed", "ws", "yamux"];

const resolutions = ["node16", "nodenext", "bundler"];
// TypeScript 5.9 and 6 are written in JavaScript and take five to ten times as long. So they compile rare environments
// with one way of resolving modules only.
const compilers = [
  { version: "5.9", isSlow: true },
  { version: "6", isSlow: true },
  { version: "7", isSlow: false },
];

const dom = ["dom", "dom.iterable", "dom.asynciterable"];
const ws = ["ws", "@types/ws"];

/** Packages that users have installed, and the programs that compile with them. */
const environments = [
  { name: "a page", lib: dom, has: [], programs: ["web", "page"], isRare: false },
  {
    name: "Node and ws",
    lib: [],
    has: ["@types/node", ...ws],
    programs: ["web", "node", "ws"],
    isRare: false,
  },
  { name: "Node", lib: [], has: ["@types/node"], programs: ["web", "node"], isRare: true },
  {
    name: "Node and ws, with dom",
    lib: dom,
    has: ["@types/node", ...ws],
    programs: ["web", "page", "node", "ws"],
    isRare: true,
  },
];

/** Versions of `ws` that a project may already have: the oldest that the packages accept, and one from before 8.21. */
const versionsOfWs = ["8.16.0", "8.18.0"];

/** @typedef {{ name: string, check: () => Promise<{ status: number | null, output: string }> }} Project */

// Outside the repository: resolution also looks in parent folders, and must find only packages that a user installs.
const out = mkdtempSync(path.join(tmpdir(), "muxado-consumer-"));
const archives = path.join(out, "archives");
const unpacked = path.join(out, "unpacked");
const wanted = process.argv[2] ?? "";
let passed = 0;
let failed = 0;
try {
  mkdirSync(archives);
  await Promise.all(packages.map(pack));
  /** @type {Project[]} */
  const projects = [...environments.flatMap(compilations), ...versionsOfWs.map(installation)];
  const queue = projects.filter(({ name }) => name.includes(wanted)).values();
  await Promise.all(Array.from({ length: availableParallelism() }, () => checkAll(queue)));
} finally {
  rmSync(out, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** @param {Iterable<Project>} queue shared: several calls take from it */
async function checkAll(queue) {
  for (const { name, check } of queue) {
    const { status, output } = await check();
    if (status === 0) passed++;
    else failed++;
    console.log(status === 0 ? `✓ ${name}` : `✗ ${name}\n${output}`);
  }
}

/**
 * Makes a folder with the packages that a user has installed. Returns a project for each compiler and resolution.
 * @param {typeof environments[number]} environment
 * @param {number} index
 * @returns {Project[]}
 */
function compilations({ name, lib, has, programs, isRare }, index) {
  const folder = path.join(out, `environment-${index}`);
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, "@types"), { recursive: true });
  cpSync(unpacked, path.join(modules, "@muxado"), { recursive: true });
  const { dirname } = import.meta;
  for (const dependency of has) {
    symlinkSync(path.join(dirname, "node_modules", dependency), path.join(modules, dependency));
  }
  for (const program of programs) {
    cpSync(path.join(dirname, "programs", program), path.join(folder, program), {
      recursive: true,
    });
  }
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));

  return compilers.flatMap(({ version, isSlow }) =>
    resolutions
      .filter((resolution) => resolution === "nodenext" || !isSlow || !isRare)
      .map((resolution) => {
        const compilerOptions = {
          target: "es2022",
          lib: ["es2022", "esnext.disposable", ...lib],
          types: has.includes("@types/node") ? ["node"] : [],
          module: resolution === "bundler" ? "preserve" : resolution,
          moduleResolution: resolution,
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
        };
        const config = path.join(folder, `tsconfig.${version}.${resolution}.json`);
        writeFileSync(config, JSON.stringify({ compilerOptions, include: programs }));
        const compiler = path.join(dirname, "node_modules", `typescript-${version}`, "bin/tsc");
        const args = [compiler, "-p", config, "--pretty", "false"];
        return {
          name: `TypeScript ${version}, ${resolution}: ${name}`,
          check: () => run(process.execPath, args, folder),
        };
      }),
  );
}

/**
 * Returns a project that has `ws` and gets all packages from npm. It then loads their manifests. Nothing comes from the
 * registry, because the folder of `ws` has only a manifest.
 * @param {string} version of ws
 * @returns {Project}
 */
function installation(version) {
  const folder = path.join(out, `ws-${version}`);
  const own = path.join(folder, "ws");
  mkdirSync(own, { recursive: true });
  writeFileSync(path.join(own, "package.json"), JSON.stringify({ name: "ws", version }));
  const packed = packages.map((name) => [`@muxado/${name}`, `file:../archives/${name}.tgz`]);
  const dependencies = { ws: "file:./ws", ...Object.fromEntries(packed) };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ dependencies }));
  const manifests = packages.map((name) => `require("@muxado/${name}/package.json");`).join("");
  return {
    name: `npm install beside ws ${version}`,
    async check() {
      const installed = await run("npm", ["install", "--offline", "--no-audit"], folder);
      return installed.status === 0 ? run(process.execPath, ["-e", manifests], folder) : installed;
    },
  };
}

/**
 * Packs a package as it would be published, and unpacks it.
 * @param {string} name
 */
async function pack(name) {
  const destination = mkdtempSync(path.join(out, "pack-"));
  const from = path.resolve("packages", name);
  await mustRun("pnpm", ["pack", "--pack-destination", destination], from);
  const [file = ""] = await readdir(destination);
  const archive = path.join(archives, `${name}.tgz`);
  await rename(path.join(destination, file), archive);
  mkdirSync(path.join(unpacked, name), { recursive: true });
  await mustRun("tar", ["-xzf", archive, "--strip-components=1"], path.join(unpacked, name));
}

/** @param {string} program @param {string[]} args @param {string} cwd */
async function mustRun(program, args, cwd) {
  const { status, output } = await run(program, args, cwd);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: exit ${status}\n${output}`);
}

/**
 * @param {string} program @param {string[]} args @param {string} cwd
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => (output += chunk));
    }
    child.on("error", reject).on("close", (status) => resolve({ status, output }));
  });
}
