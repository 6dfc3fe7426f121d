/** A sweep: one row for each load level, with what a person compares them by. */
import type { Distribution, LevelSummary } from "../runs/schemas/summary.ts";
import { figureCell, percentileCell, percentileLabel, type PercentileName } from "./cells.ts";
import { count, durationUnit } from "./format.ts";
import { loadColumn } from "./load-column.ts";
import type { Cell, Column, Section } from "./model.ts";

export function levelsSection(levels: readonly LevelSummary[]): Section {
  const parts = [
    loadColumn(levels),
    {
      column: { ...right("req/s"), drop: 0 },
      cells: levels.map((level) => figureCell(level.throughput.requests_per_s)),
    },
    {
      column: { ...right("tok/s"), group: "output", drop: 0 },
      cells: levels.map((level) => figureCell(level.throughput.output_tokens_per_s)),
    },
    latency(levels, "TTFT", "p50", 0, ({ latency: { ttft } }) => ttft),
    latency(levels, "TTFT", "p99", 1, ({ latency: { ttft } }) => ttft),
    latency(levels, "TPOT", "p50", 2, ({ latency: { tpot } }) => tpot),
    latency(levels, "event gap", "p50", 5, ({ latency: { event_gap } }) => event_gap),
    latency(levels, "event gap", "p99", 4, ({ latency: { event_gap } }) => event_gap),
    latency(levels, "E2E", "p50", 3, ({ latency: { e2e } }) => e2e),
    { column: right("errors"), cells: levels.map(errorsCell) },
  ];
  return {
    heading: "Load levels",
    depth: "summary",
    table: {
      columns: parts.map((part) => part.column),
      rows: levels.map((_, row) => parts.map((part) => part.cells[row] ?? { text: "" })),
    },
    facts: [],
    notes: [],
  };
}

function latency(
  levels: readonly LevelSummary[],
  group: string,
  name: PercentileName,
  drop: number,
  of: (level: LevelSummary) => Distribution,
): { column: Column; cells: Cell[] } {
  const distributions = levels.map(of);
  const unit = durationUnit(distributions.map((distribution) => distribution[name].value));
  return {
    column: { ...right(percentileLabel(name)), group, unit, drop },
    cells: distributions.map((distribution) => percentileCell(distribution, name, unit)),
  };
}

function errorsCell({ requests }: LevelSummary): Cell {
  return requests.error === 0 ? { text: "0", tone: "faint" } : { text: count(requests.error), tone: "bad" };
}

function right(label: string): Column {
  return { group: null, label, unit: null, align: "right", drop: 0 };
}
