/** Before the tests of the built package: builds dist/ if a source is newer. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

export default function buildWhenStale(): void {
  const builtAt = statSync(join(root, "dist/main.js"), { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
  const sources = ["src", "scripts"].flatMap((folder) => filesBelow(join(root, folder)));
  const newest = Math.max(...[...sources, join(root, "package.json")].map((path) => statSync(path).mtimeMs));
  if (newest > builtAt) execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}
