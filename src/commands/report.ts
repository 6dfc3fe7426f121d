/** `inferguard report`: a run rendered again, from nothing but what is in its directory. */
import { summarize } from "../analysis/summarize.ts";
import { prettyJson } from "../json.ts";
import { requestsCsv } from "../report/csv.ts";
import { markdownOf } from "../report/markdown.ts";
import type { View } from "../report/model.ts";
import { viewOf } from "../report/view.ts";
import { findRun } from "../runs/find-run.ts";
import { readBenchRun } from "../runs/run-reader.ts";

/** The view for the terminal; a text for every other format. @throws UserError when there is no such run. */
export async function report(options: {
  runsDir: string;
  run: string;
  format: "terminal" | "md" | "json" | "csv";
}): Promise<View | string> {
  const directory = await findRun(options.runsDir, options.run);
  const data = await readBenchRun(directory);
  if (options.format === "csv") return [...requestsCsv(data.requests)].join("");
  const summary = summarize(data);
  if (options.format === "json") return prettyJson(summary);
  const view = viewOf(summary, { path: directory, argument: options.run === "latest" ? summary.run_id : options.run });
  return options.format === "md" ? markdownOf(view) : view;
}
