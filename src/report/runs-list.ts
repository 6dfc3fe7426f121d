/** The run store as a view: every run on a line. Pure: from what was read, not from the disk. */
import type { Run } from "../runs/schemas/run.ts";
import type { LevelSummary, Summary } from "../runs/schemas/summary.ts";
import { figureCell, missingCell, percentileCell } from "./cells.ts";
import { count, counted } from "./format.ts";
import { busiestLevel } from "./headline.ts";
import { targetText } from "./plan-facts.ts";
import type { Cell, Column, Section, Tone, View } from "./model.ts";
import { printable } from "./printable.ts";

/** One run: its manifest, or why that cannot be read; its summary where there is one. `name` is its directory's. */
export type ListedRun = { name: string; summary: Summary | null } & (
  | { run: Run; unreadable: null }
  | { run: null; unreadable: string }
);

/** @param runsDir the directory that was looked in, as the user would type it. */
export function runsListView(runs: readonly ListedRun[], runsDir: string): View {
  const newest = runs.find((listed) => listed.run !== null);
  const next =
    newest === undefined
      ? "inferguard bench makes a run"
      : `inferguard report ${printable(newest.name)} shows the newest`;
  const list: Section = {
    heading: null,
    depth: "summary",
    table: runs.length === 0 ? null : { columns, rows: runs.map(row) },
    facts: [],
    notes: runs.flatMap(({ name, unreadable }) =>
      unreadable === null ? [] : [`${printable(name)}: ${printable(unreadable, 1000)}`],
    ),
  };
  return {
    title: `${counted(runs.length, "run")} in ${printable(runsDir)}`,
    alerts: [],
    headline: [],
    sections: [
      ...(runs.length === 0 ? [] : [list]),
      { heading: null, depth: "summary", table: null, facts: [{ label: "Next", text: next }], notes: [] },
    ],
  };
}

export const statusTones: Record<Run["status"], Tone> = {
  running: "warn",
  completed: "good",
  interrupted: "warn",
  failed: "bad",
};

/** A run's name begins with the time at which it started: that has no column of its own. */
const columns: Column[] = [
  column("run", "left", 0),
  column("status", "left", 0),
  { ...column("target", "left", 0), least: 16 },
  column("levels", "right", 4),
  column("req/s", "right", 1),
  { ...column("tok/s", "right", 2), group: "output" },
  { ...column("p50", "right", 3), group: "TTFT", unit: "ms" },
];

function column(label: string, align: Column["align"], drop: number): Column {
  return { group: null, label, unit: null, align, drop };
}

function row({ name, run, summary }: ListedRun): Cell[] {
  if (run === null) {
    return [
      { text: printable(name) },
      { text: "unreadable", tone: "bad" },
      ...Array.from({ length: 5 }, () => ({ text: "" })),
    ];
  }
  const synthetic = run.claim === "synthetic" ? "synthetic, " : "";
  return [
    { text: printable(name) },
    { text: run.status, tone: statusTones[run.status] },
    { text: synthetic + targetText(run.plan) },
    levelsCell(run),
    ...(run.plan.command === "bench" ? figures(summary) : [1, 2, 3].map(() => ({ text: "" }))),
  ];
}

/** Only a bench has levels. */
function levelsCell({ plan }: Run): Cell {
  return plan.command === "bench" ? { text: count(plan.levels.length) } : { text: "" };
}

/** Of the level that carried the most, as the report's headline has it. */
function figures(summary: Summary | null): Cell[] {
  if (summary === null) return [1, 2, 3].map(() => missingCell("no summary yet: inferguard report makes it"));
  if (!summary.headline) return [1, 2, 3].map(() => missingCell("the load generator was its own limit"));
  const level: LevelSummary | null = busiestLevel(summary);
  if (level === null) return [1, 2, 3].map(() => missingCell("no request was answered"));
  return [
    figureCell(level.throughput.requests_per_s),
    figureCell(level.throughput.output_tokens_per_s),
    percentileCell(level.latency.ttft, "p50", "ms"),
  ];
}
