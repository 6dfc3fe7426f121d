/** The runs below a directory, newest first. What cannot be read is listed as such: one bad run never hides the others. */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exitCode, messageOf, systemErrorCode, UserError } from "../errors.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { parseRunId } from "./run-id.ts";
import { readManifest } from "./run-manifest.ts";
import type { Run } from "./schemas/run.ts";

export type ListedRun =
  | { name: string; directory: string; run: Run; unreadable: null }
  | { name: string; directory: string; run: null; unreadable: string };

/** Empty when the directory does not exist. @throws UserError (exit code 3) when it cannot be read. */
export async function listRuns(runsDir: string): Promise<ListedRun[]> {
  const listed: ListedRun[] = [];
  for (const name of await listRunNames(runsDir)) listed.push(await read(name, join(resolve(runsDir), name)));
  return listed;
}

/** The names of its directories, newest run first and then those that are no run ids. */
export async function listRunNames(runsDir: string): Promise<string[]> {
  const parent = resolve(runsDir);
  try {
    const entries = await readdir(parent, { withFileTypes: true });
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

async function read(name: string, directory: string): Promise<ListedRun> {
  try {
    return { name, directory, run: await readManifest(directory), unreadable: null };
  } catch (error) {
    return { name, directory, run: null, unreadable: messageOf(error) };
  }
}

function isRunId(name: string): boolean {
  return parseRunId(name) !== null;
}
