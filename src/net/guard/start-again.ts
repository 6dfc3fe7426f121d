/**
 * The start of a command that only reads, on a Node whose permission model covers the network: this process becomes the same
 * command under it. It is built into main.js, so that what is thrown away has loaded nothing else.
 */
import { coversNetwork } from "./permissions.ts";

/** Runs this very command again in this process's place, without the network. Returns where that cannot be. */
export function startAgainWithoutNetwork(): void {
  if (process.permission !== undefined || !coversNetwork() || typeof process.execve !== "function") return;
  process.execve(process.execPath, [
    process.execPath,
    ...process.execArgv,
    "--permission",
    "--allow-fs-read=*",
    ...withoutPauses(),
    ...process.argv.slice(1),
  ]);
}

/**
 * Room for all that such a command makes in its short life, so that it never stops to collect garbage. Not on a Node that
 * nobody has looked at: it might not know the option, and not start.
 */
function withoutPauses(): string[] {
  const [major = Infinity] = process.versions.node.split(".").map(Number);
  return major <= 26 ? ["--min-semi-space-size=4"] : [];
}
