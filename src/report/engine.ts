/** What the engines said of themselves while the load ran: one level in full, or the levels of a sweep side by side. */
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { explaining, hitRateOf, metricCell, metricName, type ServerMetric as Metric } from "./engine-metrics.ts";
import { plainCell } from "./cells.ts";
import { loadColumn } from "./load-column.ts";
import type { Cell, Column, Section, Table } from "./model.ts";
import { printable } from "./printable.ts";

export function engineSections(levels: readonly LevelSummary[]): Section[] {
  const sources = [...new Set(levels.flatMap((level) => level.server.map(sourceName)))];
  return sources.flatMap((source) => {
    const ofSource = (level: LevelSummary) => level.server.filter((metric) => sourceName(metric) === source);
    const heading = headingOf(source, sources);
    const details = levels.map((level) =>
      section(`${heading}, everything it said at ${printable(level.load)}`, "detail", metricsTable(ofSource(level))),
    );
    const [only] = levels;
    const summary =
      levels.length === 1 && only !== undefined ? levelTable(ofSource(only)) : sweepTable(levels, ofSource);
    return [section(heading, "summary", summary), ...details];
  });
}

/** `engine 0`: its role, and its place among all metrics endpoints. */
function sourceName({ role, source }: Metric): string {
  return `${printable(role)} ${source}`;
}

/** `Engine`, or `Engine 1` and `Engine 2` where one role has several sources. */
function headingOf(source: string, sources: readonly string[]): string {
  const roleOf = (name: string) => name.slice(0, name.lastIndexOf(" "));
  const role = roleOf(source);
  const alike = sources.filter((other) => roleOf(other) === role);
  const name = role.charAt(0).toUpperCase() + role.slice(1);
  return alike.length === 1 ? name : `${name} ${alike.indexOf(source) + 1}`;
}

function section(heading: string, depth: Section["depth"], table: Table): Section {
  return { heading, depth, table: table.rows.length === 0 ? null : table, facts: [], notes: [] };
}

/** One level: the metrics that explain a latency. */
function levelTable(metrics: readonly Metric[]): Table {
  const known = explaining.flatMap(({ metric }) => metrics.filter((each) => each.metric === metric));
  const table = metricsTable(known);
  const rate = hitRateOf(metrics);
  if (rate !== null) table.rows.push([plainCell("prefix cache hit rate"), rate, plainCell(""), plainCell("")]);
  return table;
}

function metricsTable(metrics: readonly Metric[]): Table {
  return {
    columns: [{ ...right(""), align: "left" }, right("mean"), right("max"), right("increase")],
    rows: metrics.map((metric) => [
      plainCell(metricName(metric)),
      metricCell(metric, metric.mean),
      metricCell(metric, metric.max),
      metricCell(metric, metric.increase),
    ]),
  };
}

/** Several levels: one row each, with the mean and the maximum of a gauge and the increase of a counter. */
function sweepTable(levels: readonly LevelSummary[], ofSource: (level: LevelSummary) => Metric[]): Table {
  const parts: { column: Column; cells: Cell[] }[] = [loadColumn(levels)];
  for (const { metric, short, drop, statistics } of explaining) {
    const found = levels.map((level) => ofSource(level).find((each) => each.metric === metric));
    if (found.every((each) => each === undefined)) continue;
    for (const statistic of statistics) {
      parts.push({
        column: statistic === "increase" ? { ...right(short), drop } : { ...right(statistic), group: short, drop },
        cells: found.map((each) => (each === undefined ? plainCell("") : metricCell(each, each[statistic]))),
      });
    }
  }
  const rates = levels.map((level) => hitRateOf(ofSource(level)));
  if (rates.some((rate) => rate !== null))
    parts.push({
      column: { ...right("hit rate"), group: "prefix", drop: 2 },
      cells: rates.map((rate) => rate ?? plainCell("")),
    });
  return {
    columns: parts.map((part) => part.column),
    rows: parts.length === 1 ? [] : levels.map((_, row) => parts.map((part) => part.cells[row] ?? plainCell(""))),
  };
}

function right(label: string): Column {
  return { group: null, label, unit: null, align: "right", drop: 0 };
}
