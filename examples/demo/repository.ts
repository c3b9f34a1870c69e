// The files that the demo sends: all files that git tracks.

import { execFile } from "node:child_process";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

/** Names that are skipped in a folder without git, because they do not belong to the repository. */
const SKIPPED: ReadonlySet<string> = new Set([
  ".git",
  ".turbo",
  "coverage",
  "dist",
  "node_modules",
]);

/** Returns the paths of all files under `root` that git tracks. Without git: of all files that are not skipped. */
export async function repositoryFiles(root: string): Promise<string[]> {
  const tracked = await trackedFiles(root).catch(() => []);
  return tracked.length > 0 ? tracked : walk(root);
}

async function trackedFiles(root: string): Promise<string[]> {
  const options = { cwd: root, maxBuffer: Infinity };
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-z"], options);
  const paths = stdout
    .split("\0")
    .filter(Boolean)
    .map((name) => path.join(root, name));
  // Git also lists links, submodules and files whose deletion is not committed yet.
  const isFile = await Promise.all(
    paths.map((one) =>
      lstat(one).then(
        (stats) => stats.isFile(),
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => isFile[index]);
}

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const one = path.join(folder, entry.name);
    return entry.isDirectory() ? walk(one) : entry.isFile() ? [one] : [];
  });
  return (await Promise.all(found)).flat();
}
