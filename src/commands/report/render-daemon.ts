/** A run of `daemon` in one of its forms, from its history on disk alone: the last day that it has. */
import { join } from "node:path";
import { findBeginning } from "../../daemon/find-beginning.ts";
import { levelWidthMs } from "../../daemon/recorder.ts";
import { showHistory } from "../../daemon/show-history.ts";
import { exitCode, UserError } from "../../errors.ts";
import { prettyJson } from "../../json.ts";
import { markdownOf } from "../../report/markdown.ts";
import { showView } from "../../report/show-view.ts";
import { artifact } from "../../runs/artifacts.ts";
import { listSegments } from "../../runs/history-segments.ts";
import type { DaemonPlan } from "../../runs/schemas/daemon-plan.ts";
import { formatsOf, type Rendered, type ReportFormat } from "./formats.ts";

const DAY_MS = 86_400_000;

/** @throws UserError when it has no history, or no such form. */
export async function renderDaemon(
  { run_id, plan }: { run_id: string; plan: DaemonPlan },
  runDirectory: string,
  format: ReportFormat,
): Promise<Rendered> {
  if (!(formatsOf.daemon as readonly string[]).includes(format))
    throw new UserError(`${run_id} is a run of daemon, which has no --format ${format}`, {
      exitCode: exitCode.usage,
      hint: `it has ${formatsOf.daemon.join(", ")}`,
    });
  const directory = join(runDirectory, artifact.history);
  const [first] = await listSegments(directory).catch(() => []);
  const { endMs } = await findBeginning(directory);
  if (first === undefined)
    throw new UserError(`${run_id} has no history`, {
      exitCode: exitCode.cannotRun,
      hint: "a daemon writes it from its second scrape on",
    });
  // A segment is named by when it was begun: its first row had come by then.
  const before = levelWidthMs[first.level] + 2 * plan.scrape_interval_ms;
  const document = await showHistory({
    ...{ directory, places: plan.metrics, intervalMs: plan.scrape_interval_ms, nowMs: endMs, recent: null },
    sinceMs: Math.min(DAY_MS, endMs - first.startMs + before),
    wallTime: (atMs) => new Date(atMs),
  });
  if (format === "json") return { text: prettyJson(document), remark: null };
  const view = showView(document);
  return format === "md" ? { text: markdownOf(view), remark: null } : { view };
}
