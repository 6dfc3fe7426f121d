/** Whether a command line works on this machine, found out by running it on something harmless. */
import { spawnSync } from "node:child_process";
import { withStart } from "../tickets.ts";

/** Null when it ran and was content; else the reason, as far as it gave one. */
export function whyItFails(command: readonly string[]): string | null {
  const [program = "", ...args] = command;
  const { error, status, stderr } = withStart(program, args, () => spawnSync(program, args, { encoding: "utf8" }));
  if (error !== undefined) return `${program} is not installed`;
  const lastLine = stderr.trim().split("\n").at(-1) ?? "";
  return status === 0 ? null : `${program} does not work here: ${lastLine || `exit code ${status}`}`;
}
