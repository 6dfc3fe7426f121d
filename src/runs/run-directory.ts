/** Makes the directory of a new run: `<runs-dir>/<run id>`, for its owner only. */
import { rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
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
    await makeMissing(parent);
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

/**
 * Makes the directory, and whatever is missing above it. Not by `mkdir` with `recursive`: where a file system has a
 * directory but takes no other into it, as /proc does, Node tries again for ever.
 */
async function makeMissing(path: string): Promise<void> {
  if (await isThere(path)) return;
  await makeMissing(dirname(path));
  await makePrivateDirectory(path).catch((error: unknown) => {
    // Another run can have made it meanwhile.
    if (systemErrorCode(error) !== "EEXIST") throw error;
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    return false;
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
