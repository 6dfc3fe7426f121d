/** The runs below a directory, newest first. What cannot be read is listed as such: one bad run never hides the others. */
import { join, resolve } from "node:path";
import { messageOf } from "../errors.ts";
import { readManifest } from "./run-manifest.ts";
import { listRunNames } from "./run-names.ts";
import type { Run } from "./schemas/run.ts";

export type ListedRun =
  | { name: string; directory: string; run: Run; unreadable: null }
  | { name: string; directory: string; run: null; unreadable: string };

/** Empty when the directory does not exist. @throws UserError (exit code 3) when it cannot be read. */
export async function listRuns(runsDir: string): Promise<ListedRun[]> {
  const listed: ListedRun[] = [];
  for (const name of listRunNames(runsDir)) listed.push(await read(name, join(resolve(runsDir), name)));
  return listed;
}

async function read(name: string, directory: string): Promise<ListedRun> {
  try {
    return { name, directory, run: await readManifest(directory), unreadable: null };
  } catch (error) {
    return { name, directory, run: null, unreadable: messageOf(error) };
  }
}
