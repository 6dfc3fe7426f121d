/** A trace as a view: what is said, in which order. Pure: the same run gives the same view on any machine. */
import { outlineOf } from "../../analysis/trace/outline.ts";
import { turnTokens } from "../../analysis/trace/turns.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import type { TraceSummary } from "../../runs/schemas/trace-summary.ts";
import { claimAlert } from "../alerts.ts";
import { egressFacts } from "../egress-facts.ts";
import { count, counted, duration, moment, percent } from "../format.ts";
import type { Fact, Section, Sentence, View } from "../model.ts";
import type { RunPlace } from "../next-steps.ts";
import { missingFacts } from "../notes.ts";
import { printable } from "../printable.ts";
import { outlineTable } from "./outline-table.ts";
import { headings, latencySection, repeatFacts, timeSection, toolsSection, turnsSection } from "./sections.ts";

/** Turns of one conversation that have a line of their own. */
const mostTurns = 12;

/** @param place where the run lies; null when there is no directory to go back to. */
export function traceViewOf(summary: TraceSummary, nodes: readonly TraceNode[], place: RunPlace | null): View {
  const calls = nodes.filter((node) => node.kind === "model_call");
  const outline = outlineOf(nodes);
  const sections: Section[] = [
    ...(nodes.length === 0 ? [] : [timeSection(summary), didSection(outline, summary)]),
    ...turnsSection(turnTokens(calls, mostTurns)),
    ...toolsSection(summary),
    ...latencySection(summary),
    factsSection([
      ...callFacts(summary),
      ...repeatFacts(summary),
      ...passedFacts(summary),
      ...egressFacts(summary.egress),
      ...missingFacts(summary.missing),
    ]),
    factsSection(place === null ? [] : nextFacts(summary, place)),
  ];
  return {
    title: titleOf(summary),
    alerts: [...claimAlert(summary), ...statusAlert(summary)],
    headline: headlineOf(summary),
    sections: sections.filter(({ table, facts }) => table !== null || facts.length > 0),
  };
}

function didSection(outline: Parameters<typeof outlineTable>[0], { time }: TraceSummary): Section {
  return {
    heading: headings.outline,
    depth: "summary",
    table: outlineTable(outline, time.wall_ms),
    facts: [],
    notes: ["when: █ a model call, ▓ a tool, over the whole run"],
  };
}

function titleOf({ name, target }: TraceSummary): string {
  const what = `An agent at ${printable(target.origin + target.path)}`;
  return name === null ? what : `${printable(name)}: ${what}`;
}

function statusAlert({ status }: TraceSummary): Sentence[] {
  if (status === "completed") return [];
  return [
    {
      text: `${status.toUpperCase()}: the figures are of what had ended`,
      tone: status === "failed" ? "bad" : "warn",
    },
  ];
}

function headlineOf({ time, nodes, calls, conversations, tokens }: TraceSummary): Sentence[] {
  if (nodes.model_call === 0) return [{ text: "No model call was made", tone: "warn" }];
  const share = (ms: number) => percent(time.wall_ms === 0 ? 0 : ms / time.wall_ms);
  const bad = [
    ...(calls.error > 0 ? [`${count(calls.error)} failed`] : []),
    ...(calls.cancelled > 0 ? [`${count(calls.cancelled)} cancelled`] : []),
  ];
  const cached = tokens.cached_fraction.value === null ? "" : ` (${percent(tokens.cached_fraction.value)} cached)`;
  const counts = [
    `${counted(nodes.model_call, "model call")}${bad.length === 0 ? "" : ` (${bad.join(", ")})`}`,
    counted(nodes.tool_call, "tool call"),
    counted(conversations, "conversation"),
  ].join(", ");
  const sums =
    tokens.input === null
      ? "no tokens were counted"
      : `${counted(tokens.input, "input token")}${cached}, ${count(tokens.output ?? 0)} output`;
  return [
    {
      text: `${duration(time.wall_ms)}: ${share(time.model_ms)} model, ${share(time.tool_ms)} tools, ${share(time.waiting_ms)} waiting`,
      tone: "strong",
    },
    { text: `${counts}; ${sums}` },
  ];
}

function callFacts({ calls, tokens, nodes }: TraceSummary): Fact[] {
  const errors = calls.errors.map(
    ({ kind, http_status, count: times }) =>
      `${count(times)} × ${kind}${http_status === null ? "" : ` (HTTP ${http_status})`}`,
  );
  const uncounted = nodes.model_call - tokens.counted_calls;
  return [
    ...(errors.length === 0 ? [] : [{ label: "Failed", text: errors.join(", "), tone: "bad" as const }]),
    ...(calls.not_understood === 0
      ? []
      : [{ label: "Not read", text: `${counted(calls.not_understood, "call")} passed and could not be understood` }]),
    ...(uncounted === 0
      ? []
      : [{ label: "Tokens", text: `${counted(uncounted, "call")} without the server's count: in no sum of tokens` }]),
  ];
}

function passedFacts({ passed }: TraceSummary): Fact[] {
  if (passed === null || passed.models + passed.other === 0) return [];
  const text = `${counted(passed.models, "request")} for the list of models, ${count(passed.other)} of something else`;
  return [{ label: "Passed", text }];
}

function nextFacts({ started_at }: TraceSummary, { path, argument }: RunPlace): Fact[] {
  const report = `inferguard report ${printable(argument, 1000)}`;
  return [
    { label: "Started", text: moment(printable(started_at)) },
    { label: "Run", text: printable(path, 1000), toCopy: true },
    { label: "Next", text: `${report} --format html > trace.html`, toCopy: true },
    { label: "", text: `${report} --format mooncake > trace.jsonl`, toCopy: true },
    { label: "", text: "inferguard bench --endpoint URL --input trace.jsonl --arrival trace", toCopy: true },
  ];
}

function factsSection(facts: Fact[]): Section {
  return { heading: null, depth: "summary", table: null, facts, notes: [] };
}
