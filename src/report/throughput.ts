/** How much one load level carried: over its steady window, which is the headline, and over the whole level. */
import type { Figure, LevelSummary } from "../runs/schemas/summary.ts";
import { figureCell, plainCell } from "./cells.ts";
import { percent, runTime } from "./format.ts";
import type { Cell, Column, Section } from "./model.ts";
import { printable } from "./printable.ts";

/** @param sweep true when the level is one of several: then the table is for a page, and names its level. */
export function throughputSection(level: LevelSummary, sweep: boolean): Section {
  const rows = rowsOf(level);
  return {
    heading: sweep ? `Throughput at ${printable(level.load)}` : "Throughput",
    depth: sweep ? "detail" : "summary",
    table: rows.length === 0 || level.requests.ok === 0 ? null : { columns: columnsOf(level), rows },
    facts: [],
    notes: level.requests.ok === 0 ? [] : [windowNote(level)],
  };
}

function columnsOf(level: LevelSummary): Column[] {
  const column = (label: string): Column => ({
    group: null,
    label,
    unit: null,
    align: "right",
    drop: 0,
  });
  const name: Column = { ...column(""), align: "left" };
  return level.window.kind === "steady" ? [name, column("steady"), column("whole")] : [name, column("whole")];
}

function rowsOf({ throughput, window }: LevelSummary): Cell[][] {
  const steady = window.kind === "steady";
  const pair = (name: string, headline: Figure, whole: Figure | null, show?: (value: number) => string): Cell[] => {
    if (!steady) return [plainCell(name), figureCell(headline, show)];
    return [plainCell(name), figureCell(headline, show), whole === null ? plainCell("") : figureCell(whole, show)];
  };
  const only = (name: string, figure: Figure | null, show?: (value: number) => string): Cell[][] =>
    figure === null ? [] : [pair(name, figure, null, show)];
  return [
    pair("requests/s", throughput.requests_per_s, throughput.whole_requests_per_s),
    pair("output tokens/s", throughput.output_tokens_per_s, throughput.whole_output_tokens_per_s),
    pair("input tokens/s", throughput.input_tokens_per_s, throughput.whole_input_tokens_per_s),
    ...only("output tokens/s per GPU", throughput.output_tokens_per_s_per_gpu),
    ...only("goodput, requests/s", throughput.goodput_requests_per_s),
    ...only("requests that met every SLO", throughput.good_fraction, percent),
  ];
}

function windowNote({ window }: LevelSummary): string {
  const span = `${runTime(window.start_ms)} to ${runTime(window.end_ms)} of the run`;
  if (window.kind === "steady") return `steady: ${span}, without ramp and drain`;
  return `whole: ${span}, ramp and drain included; no steady window: ${printable(window.why ?? "none was found")}`;
}
