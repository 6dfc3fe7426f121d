/** What lies in a directory of runs, by name alone: no run is opened. */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { parseRunId } from "./run-id.ts";

/**
 * The names of its directories, newest run first and then those that are no run ids. It waits for the disk itself: starting
 * the threads that would wait takes longer.
 * @throws UserError (exit code 3) when it cannot be read
 */
export function listRunNames(runsDir: string): string[] {
  const parent = resolve(runsDir);
  try {
    const entries = readdirSync(parent, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return [...names.filter(isRunId).sort().toReversed(), ...names.filter((name) => !isRunId(name)).sort()];
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw new UserError(`cannot list the runs in ${parent}: ${diskTrouble(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "name the directory that holds them with --runs-dir",
      cause: error,
    });
  }
}

function isRunId(name: string): boolean {
  return parseRunId(name) !== null;
}
