/** `inferguard runs list`: every run of a directory, the newest first. */
import { prettyJson } from "../json.ts";
import type { View } from "../report/model.ts";
import { runsListView } from "../report/runs-list.ts";
import { listRuns } from "../runs/list-runs.ts";
import { readSummary } from "../runs/summary-reader.ts";

/** @throws UserError (exit code 3) when the directory cannot be read. */
export async function listRunsView(runsDir: string): Promise<{ document: string; view: View }> {
  const runs = await Promise.all(
    (await listRuns(runsDir)).map(async (listed) => ({ ...listed, summary: await readSummary(listed.directory) })),
  );
  const document = runs.map(({ name, directory, run, unreadable }) => ({ name, directory, run, unreadable }));
  return { document: prettyJson(document), view: runsListView(runs, runsDir) };
}
