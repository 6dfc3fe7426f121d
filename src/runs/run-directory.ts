/** Makes the directory of a new run: `<runs-dir>/<run id>`, for its owner only. */
import { chmod, mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { makePrivateDirectory } from "./private-file.ts";
import { newRunId } from "./run-id.ts";

/**
 * Makes the directory and lets `fill` put the first files in it. When that fails, nothing of the run is left.
 * @throws UserError (exit code 3) for whatever the file system refuses.
 */
export async function makeRunDirectory<T>(
  runsDir: string,
  kind: string,
  at: Date,
  fill: (runId: string, directory: string) => Promise<T>,
): Promise<T> {
  const parent = resolve(runsDir);
  try {
    if ((await mkdir(parent, { recursive: true, mode: 0o700 })) !== undefined) await chmod(parent, 0o700);
    const runId = await makeUnique(parent, kind, at);
    const directory = join(parent, runId);
    try {
      return await fill(runId, directory);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new UserError(`cannot write a run into ${parent}: ${diskTrouble(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "name a directory that you can write to with --runs-dir",
      cause: error,
    });
  }
}

async function makeUnique(parent: string, kind: string, at: Date): Promise<string> {
  for (;;) {
    const runId = newRunId(kind, at);
    try {
      await makePrivateDirectory(join(parent, runId));
      return runId;
    } catch (error) {
      // Two runs of one second and the same six characters out of 2^30: take six others.
      if (systemErrorCode(error) !== "EEXIST") throw error;
    }
  }
}
