/** `inferguard report`: a run rendered again, from nothing but what is in its directory. */
import { summarize } from "../analysis/summarize.ts";
import { exitCode, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { requestsCsv } from "../report/csv.ts";
import { markdownOf } from "../report/markdown.ts";
import type { RunPlace } from "../report/next-steps.ts";
import { viewOf } from "../report/view.ts";
import { findRun } from "../runs/find-run.ts";
import { readManifest } from "../runs/run-manifest.ts";
import { readBenchRun } from "../runs/run-reader.ts";
import type { Run } from "../runs/schemas/run.ts";
import { formatsOf, type Rendered, type ReportFormat } from "./report/formats.ts";
import { renderDaemon } from "./report/render-daemon.ts";
import { renderTrace } from "./report/render-trace.ts";

/** @throws UserError when there is no such run. */
export async function report(options: { runsDir: string; run: string; format: ReportFormat }): Promise<Rendered> {
  const directory = findRun(options.runsDir, options.run);
  const run = await readManifest(directory);
  const place = { path: directory, argument: options.run === "latest" ? run.run_id : options.run };
  if (run.plan.command === "trace") return renderTrace(directory, options.format, place);
  if (run.plan.command === "daemon") return renderDaemon({ ...run, plan: run.plan }, directory, options.format);
  return renderBench(run, directory, options.format, place);
}

async function renderBench(run: Run, directory: string, format: ReportFormat, place: RunPlace): Promise<Rendered> {
  if (run.plan.command === "bench" && !(formatsOf.bench as readonly string[]).includes(format))
    throw new UserError(`${run.run_id} is a run of bench, which has no --format ${format}`, {
      exitCode: exitCode.usage,
      hint: `it has ${formatsOf.bench.join(", ")}`,
    });
  const data = await readBenchRun(directory);
  if (format === "csv") return { text: [...requestsCsv(data.requests)].join(""), remark: null };
  const summary = summarize(data);
  if (format === "json") return { text: prettyJson(summary), remark: null };
  const view = viewOf(summary, place);
  return format === "md" ? { text: markdownOf(view), remark: null } : { view };
}
