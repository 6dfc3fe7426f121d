/**
 * What the corpus needs beside this checkout: other Nodes and other people's clients, in a folder of the user's cache and
 * never in package.json. `node test/egress/nodes.ts` installs them; without it the corpus runs on this Node alone.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "inferguard-egress");

/** The oldest Node that is supported, and the newest of each line. */
export const versions = ["22.15.0", "22.23.3", "24.21.0", "26.10.0"];

const clients = { axios: "1.21.1", got: "14.6.6", "node-fetch": "3.3.2", undici: "7.30.2", ws: "8.23.0" };

/** The program of a version, or null when it is not installed. */
export function nodeOf(version: string): string | null {
  if (version === process.versions.node) return process.execPath;
  const path = join(cache, `node-${version}`, "node_modules/node/bin/node");
  return existsSync(path) ? path : null;
}

/** The folder in which the clients are installed, or null. */
export function clientsFolder(): string | null {
  const folder = join(cache, "clients");
  return existsSync(join(folder, "node_modules/undici")) ? folder : null;
}

async function install(folder: string, dependencies: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies, allowScripts: { node: true } }),
  );
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: folder });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = versions.filter((version) => nodeOf(version) === null);
  await Promise.all([
    ...missing.map((version) => install(join(cache, `node-${version}`), { node: version })),
    ...(clientsFolder() === null ? [install(join(cache, "clients"), clients)] : []),
  ]);
  for (const version of versions) process.stdout.write(`${version}: ${nodeOf(version) ?? "could not be installed"}\n`);
  process.stdout.write(`clients: ${clientsFolder() ?? "could not be installed"}\n`);
}
