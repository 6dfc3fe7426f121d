/** The latencies of one load level: a row for each, with its percentiles and how many samples they rest on. */
import type { Distribution, LevelSummary } from "../runs/schemas/summary.ts";
import { durationCell, durationsOf, percentileCell, percentileLabel, percentiles, plainCell } from "./cells.ts";
import { count, durationUnit } from "./format.ts";
import type { Cell, Column, Section } from "./model.ts";
import { printable } from "./printable.ts";

/** @param sweep true when the level is one of several: then the table is for a page, and names its level. */
export function latencySection(level: LevelSummary, sweep: boolean): Section {
  const rows = rowsOf(level).filter(([, distribution]) => distribution.samples > 0);
  return {
    heading: sweep ? `Latency at ${printable(level.load)}` : "Latency",
    depth: sweep ? "detail" : "summary",
    table: rows.length === 0 ? null : { columns, rows: rows.map(([name, distribution]) => row(name, distribution)) },
    facts: [],
    notes: rows.length === 0 ? [] : notesOf(level),
  };
}

const columns: Column[] = [
  { group: null, label: "", unit: null, align: "left", drop: 0 },
  { group: null, label: "", unit: null, align: "left", drop: 0 },
  { group: null, label: "mean", unit: null, align: "right", drop: 3 },
  ...percentiles.map((name, place): Column => ({
    group: null,
    label: percentileLabel(name),
    unit: null,
    align: "right",
    drop: [0, 2, 4, 0, 5][place] ?? 0,
  })),
  { group: null, label: "max", unit: null, align: "right", drop: 1 },
  { group: null, label: "samples", unit: null, align: "right", drop: 6 },
];

function rowsOf({ latency }: LevelSummary): [string, Distribution][] {
  // With content alone, the time to it is the TTFT: the split says something only where there is something else.
  const split = latency.ttft_reasoning.samples + latency.ttft_tool.samples > 0;
  return [
    ["TTFT", latency.ttft],
    ...(split
      ? ([
          ["  to reasoning", latency.ttft_reasoning],
          ["  to content", latency.ttft_content],
          ["  to tool call", latency.ttft_tool],
        ] satisfies [string, Distribution][])
      : []),
    ["TTFT from intended", latency.ttft_from_intended],
    ["TPOT", latency.tpot],
    ["ITL", latency.itl],
    ["event gap", latency.event_gap],
    ["E2E", latency.e2e],
    ["E2E from intended", latency.e2e_from_intended],
  ];
}

function row(name: string, distribution: Distribution): Cell[] {
  const unit = durationUnit(durationsOf(distribution));
  return [
    plainCell(name),
    { text: unit, tone: "faint" },
    durationCell(distribution, distribution.mean, unit),
    ...percentiles.map((percentile) => percentileCell(distribution, percentile, unit)),
    durationCell(distribution, distribution.max, unit),
    { text: count(distribution.samples), tone: "faint" },
  ];
}

/** Why the rows that a reader looks for are not there. */
function notesOf({ latency }: LevelSummary): string[] {
  const absent: [string, Distribution][] = [
    ["TPOT", latency.tpot],
    ["ITL", latency.itl],
    ["event gap", latency.event_gap],
  ];
  return absent
    .filter(([, distribution]) => distribution.samples === 0)
    .map(([name, distribution]) => `No ${name}: ${printable(distribution.why ?? "no request gave one")}`);
}
