/** `inferguard runs show`: one run's manifest and its files. */
import { basename } from "node:path";
import { prettyJson } from "../json.ts";
import type { View } from "../report/model.ts";
import { runView } from "../report/run-view.ts";
import { findRun } from "../runs/find-run.ts";
import { listArtifacts } from "../runs/list-artifacts.ts";
import { readManifest } from "../runs/run-manifest.ts";
import { readSummary } from "../runs/summary-reader.ts";

/** @throws UserError (exit code 3) when there is no such run, or it cannot be read. */
export async function showRun(runsDir: string, argument: string): Promise<{ document: string; view: View }> {
  const directory = findRun(runsDir, argument);
  const run = await readManifest(directory);
  const files = await listArtifacts(directory);
  const listed = { name: basename(directory), summary: await readSummary(directory), run, unreadable: null };
  return { document: prettyJson({ directory, run, files }), view: runView(listed, files, directory) };
}
