/**
 * Brings docs/telemetry/capabilities.json up to what the built files can do: keeps the reasons that are there, drops what
 * is gone, and adds what is new with no reason, with which the audit refuses the list until somebody has written one.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = `${root}docs/telemetry/capabilities.json`;
const entries = JSON.parse(readFileSync(path, "utf8")).entries.filter(({ reason }) => reason !== "");
write(entries);

const { stdout, stderr } = spawnSync(process.execPath, [`${root}dist/main.js`, "telemetry", "audit", "--json"], {
  encoding: "utf8",
});
if (stdout === "") throw new Error(stderr);

const found = JSON.parse(stdout).capabilities.map(({ module, kind, uses, code_sha256 }) => {
  const known = entries.find((entry) => entry.module === module && entry.kind === kind);
  const own = module.startsWith("src/");
  const changed = !own && known?.code_sha256 !== code_sha256;
  return {
    module,
    kind,
    uses: uses.map(({ use }) => use),
    reason: changed ? "" : (known?.reason ?? ""),
    ...(own ? {} : { code_sha256 }),
  };
});

write(found);
for (const { module, kind, reason } of found)
  if (reason === "") process.stdout.write(`wants a reason: ${module} (${kind})\n`);

function write(list) {
  writeFileSync(path, `${JSON.stringify({ schema: "inferguard-capabilities/v1", entries: list }, null, 2)}\n`);
}
