/** The run of a daemon: one that watches what an earlier one watched goes on with its run, and so with its history. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { prettyJson } from "../json.ts";
import { artifact } from "./artifacts.ts";
import { listRunNames } from "./run-names.ts";
import { replacePrivateFile } from "./private-file.ts";
import { ownIdentity } from "./process-identity.ts";
import { createRowFiles } from "./row-files.ts";
import { parseRunId } from "./run-id.ts";
import { readManifest } from "./run-manifest.ts";
import { createRun, type OnWarning, reservedBytes, type RunStart, RunWriter } from "./run-writer.ts";
import type { Run } from "./schemas/run.ts";

/**
 * The newest run of a daemon in `runsDir` that watched the same endpoints and is over, running again with the plan of
 * now; a new one where there is none.
 * @throws UserError (exit code 3) when the directory cannot be written.
 */
export async function openDaemonRun(runsDir: string, start: RunStart, onWarning: OnWarning): Promise<RunWriter> {
  const earlier = await findEarlier(runsDir, start);
  if (earlier === null) return createRun(runsDir, start, onWarning);
  const run: Run = {
    ...earlier.run,
    // Its name, claim and clock are those of its first start: milliseconds are counted from there.
    ...{ status: "running", status_reason: null, ended_at: null, missing: [] },
    process: ownIdentity(),
    versions: start.versions,
    plan: start.plan,
  };
  try {
    await replacePrivateFile(join(earlier.directory, artifact.run), prettyJson(run));
    await replacePrivateFile(join(earlier.directory, artifact.reserve), randomBytes(reservedBytes));
  } catch {
    // Read-only, or another user's: it stays as it is.
    return createRun(runsDir, start, onWarning);
  }
  return new RunWriter(earlier.directory, run, await createRowFiles(earlier.directory, [], onWarning), onWarning);
}

async function findEarlier(runsDir: string, { plan }: RunStart): Promise<{ directory: string; run: Run } | null> {
  if (plan.command !== "daemon") throw new TypeError(`a run of ${plan.command} does not go on`);
  for (const name of namesIn(runsDir).filter((each) => parseRunId(each)?.kind === "daemon")) {
    const directory = join(runsDir, name);
    const run = await readManifest(directory).catch(() => null);
    if (run === null || run.plan.command !== "daemon" || run.status === "running") continue;
    if (isDeepStrictEqual(run.plan.metrics, plan.metrics)) return { directory, run };
  }
  return null;
}

function namesIn(runsDir: string): string[] {
  try {
    return listRunNames(runsDir);
  } catch {
    // Whatever is in the way, making the run says it better.
    return [];
  }
}
