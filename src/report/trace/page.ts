/** A trace as one offline page: the same view as in the terminal, with charts beside its tables. */
import { outlineOf } from "../../analysis/trace/outline.ts";
import { turnTokens } from "../../analysis/trace/turns.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import type { TraceSummary } from "../../runs/schemas/trace-summary.ts";
import { element, escaped } from "../html/markup.ts";
import { pageOf } from "../html/page.ts";
import { sectionHtml, sentencesHtml } from "../html/sections.ts";
import { headings } from "./sections.ts";
import { shareChart } from "./share-chart.ts";
import { turnsChart } from "./turns-chart.ts";
import { traceViewOf } from "./view.ts";
import { waterfallChart } from "./waterfall-chart.ts";

const mostTurns = 120;
const mostConversations = 4;

/** Where the run lies is nothing for a page that is passed on. */
export function tracePage(summary: TraceSummary, nodes: readonly TraceNode[]): string {
  const view = traceViewOf(summary, nodes, null);
  const charts: Record<string, () => string> = {
    [headings.time]: () => shareChart(summary),
    [headings.outline]: () => waterfallChart(outlineOf(nodes), summary.time.wall_ms),
    [headings.turns]: () => turnsCharts(nodes),
  };
  return pageOf(view.title, [
    element(
      "header",
      {},
      element("h1", {}, escaped(view.title)),
      sentencesHtml(view.alerts),
      sentencesHtml(view.headline),
    ),
    ...view.sections.map((section) => {
      const chart = charts[section.heading ?? ""]?.();
      // What bars of signs mean is of no use where they are drawn.
      return sectionHtml(section.heading === headings.outline ? { ...section, notes: [] } : section, chart);
    }),
    element(
      "footer",
      {},
      element("p", { class: "note" }, escaped(`Run ${summary.run_id}. This page loads nothing and runs nothing.`)),
    ),
  ]);
}

/** Of the conversations with the most calls; of a single turn there is nothing to draw. */
function turnsCharts(nodes: readonly TraceNode[]): string {
  const calls = nodes.filter((node) => node.kind === "model_call");
  const byConversation = Map.groupBy(turnTokens(calls, mostTurns), ({ conversation }) => conversation);
  const callsOf = (conversation: number) => calls.filter((call) => call.conversation === conversation).length;
  return [...byConversation]
    .filter(([, turns]) => turns.length > 1)
    .sort(([a], [b]) => callsOf(b) - callsOf(a) || a - b)
    .slice(0, mostConversations)
    .map(([conversation, turns]) => turnsChart(turns, conversation))
    .join("");
}
