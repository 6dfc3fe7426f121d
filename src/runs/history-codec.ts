/**
 * History rows as lines of text and back. Lines that follow one another share the bounds of histograms, so text is
 * decoded in the order in which it was encoded, from its beginning on.
 */
import type * as z from "zod";
import { jsonLine, parseJsonLines } from "../json.ts";
import { quickCheck } from "./row-check.ts";
import {
  boundsRowSchema,
  type ClockRow,
  clockRowSchema,
  endpointRowSchema,
  type EndpointRow,
  type GaugeInterval,
  type IntervalSummary,
  type LostRow,
  lostRowSchema,
  type RunsRow,
  runsRowSchema,
} from "./schemas/history.ts";
import type { CumulativeHistogram } from "./schemas/timeline.ts";

export type HistoryEntry =
  | { kind: "interval"; interval: IntervalSummary; offsets: Record<string, number> }
  | ClockRow
  | LostRow;

export interface HistoryEncoder {
  /** One line, or two where bounds come that no line before had. */
  encode(entry: HistoryEntry): string;
}

type Bounds = readonly (number | null)[];

export function createHistoryEncoder(): HistoryEncoder {
  const known = new Map<string, number>();
  return {
    encode(entry) {
      if (entry.kind !== "interval") return jsonLine(entry);
      let lines = "";
      const numberOf = (bounds: Bounds): number => {
        const key = bounds.join();
        const found = known.get(key);
        if (found !== undefined) return found;
        const of = known.size;
        known.set(key, of);
        lines += jsonLine({ kind: "bounds", of, bounds });
        return of;
      };
      const row = rowOf(entry.interval, entry.offsets, numberOf);
      return lines + jsonLine(row);
    },
  };
}

function rowOf(
  interval: IntervalSummary,
  offsets: Record<string, number>,
  numberOf: (bounds: Bounds) => number,
): EndpointRow | RunsRow {
  const { source, engine, samples, coveredMs } = interval;
  const partial: Record<string, number> = {};
  const gauges: EndpointRow["gauges"] = {};
  for (const [name, gauge] of interval.gauges) {
    gauges[name] = gaugeValues(gauge);
    if (gauge.samples !== samples) partial[name] = gauge.samples;
  }
  const counters: EndpointRow["counters"] = {};
  for (const [name, counter] of interval.counters) {
    counters[name] = tidy(counter.increase);
    if (counter.coveredMs !== coveredMs) partial[name] = tidy(counter.coveredMs);
  }
  const histograms: EndpointRow["histograms"] = {};
  for (const [name, { histogram, coveredMs: own }] of interval.histograms) {
    const { sum, count, bounds, counts } = histogram;
    const at = counts
      .map((value, i): [number, number] => [i, value - (counts[i - 1] ?? 0)])
      .filter(([, value]) => value !== 0);
    histograms[name] = { sum: tidy(sum), count, of: numberOf(bounds), at };
    if (own !== coveredMs) partial[name] = tidy(own);
  }
  const shared = {
    t_ms: tidy(interval.endMs),
    length_ms: tidy(interval.lengthMs),
    ...{ samples, failed: interval.failed, error: interval.error },
    ...{ covered_ms: tidy(coveredMs), resets: interval.resets, gauges, counters, histograms, partial },
  };
  return source === null ? { kind: "runs", ...shared, offsets } : { kind: "endpoint", source, engine, ...shared };
}

function gaugeValues({ min, mean, max, last }: GaugeInterval): number[] {
  return min === max && last === max ? [max] : [min, tidy(mean), max, last];
}

/** Without the digits that differences of large numbers leave behind; 15 are all that a double holds for sure. */
function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

/** `leftOut` counts lines that are no rows. A torn last line is one; so is a row of a kind that is not known. */
export interface HistoryDecoder {
  decode(text: string): Generator<HistoryEntry>;
  readonly leftOut: number;
}

export function createHistoryDecoder(): HistoryDecoder {
  const bounds = new Map<number, Bounds>();
  let leftOut = 0;
  return {
    get leftOut() {
      return leftOut;
    },
    *decode(text) {
      for (const parsed of parseJsonLines(text)) {
        const value = "value" in parsed ? parsed.value : null;
        const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : null;
        if (kind === "segment") continue;
        if (kind === "bounds") {
          const row = checked(value, boundsCheck);
          if (row === null) leftOut++;
          else bounds.set(row.of, row.bounds);
          continue;
        }
        const entry = entryOf(kind, value, bounds);
        if (entry === null) leftOut++;
        else yield entry;
      }
    },
  };
}

function entryOf(kind: unknown, value: unknown, bounds: ReadonlyMap<number, Bounds>): HistoryEntry | null {
  if (kind === "clock") return checked(value, clockCheck);
  if (kind === "lost") return checked(value, lostCheck);
  const row = kind === "endpoint" ? checked(value, endpointCheck) : kind === "runs" ? checked(value, runsCheck) : null;
  if (row === null) return null;
  const interval = intervalOf(row, bounds);
  return interval === null ? null : { kind: "interval", interval, offsets: row.kind === "runs" ? row.offsets : {} };
}

function intervalOf(row: EndpointRow | RunsRow, bounds: ReadonlyMap<number, Bounds>): IntervalSummary | null {
  const partial = (name: string, whole: number) =>
    Object.hasOwn(row.partial, name) ? Number(row.partial[name]) : whole;
  const interval: IntervalSummary = {
    ...{ source: row.kind === "runs" ? null : row.source, engine: row.kind === "runs" ? null : row.engine },
    ...{ endMs: row.t_ms, lengthMs: row.length_ms, samples: row.samples, failed: row.failed, error: row.error },
    ...{ coveredMs: row.covered_ms, resets: row.resets, gauges: new Map(), counters: new Map(), histograms: new Map() },
  };
  for (const [name, values] of Object.entries(row.gauges)) {
    const [min, mean, max, last] = values.length === 1 ? [values[0], values[0], values[0], values[0]] : values;
    if (min === undefined || mean === undefined || max === undefined || last === undefined) return null;
    interval.gauges.set(name, { min, mean, max, last, samples: partial(name, row.samples) });
  }
  for (const [name, increase] of Object.entries(row.counters))
    interval.counters.set(name, { increase, coveredMs: partial(name, row.covered_ms) });
  for (const [name, { sum, count, of, at }] of Object.entries(row.histograms)) {
    const its = bounds.get(of);
    if (its === undefined) return null;
    const histogram: CumulativeHistogram = { sum, count, bounds: [...its], counts: cumulative(its.length, at) };
    interval.histograms.set(name, { histogram, coveredMs: partial(name, row.covered_ms) });
  }
  return interval;
}

function cumulative(length: number, at: readonly (readonly [number, number])[]): number[] {
  const counts = Array.from({ length }, () => 0);
  for (const [index, added] of at) if (index >= 0 && index < length) counts[index] = (counts[index] ?? 0) + added;
  for (let i = 1; i < length; i++) counts[i] = (counts[i] as number) + (counts[i - 1] as number);
  return counts;
}

interface Check<Row> {
  schema: z.ZodType<Row>;
  isSurelyRow: (value: unknown) => boolean;
}

const checkOf = <Row>(schema: z.ZodType<Row>): Check<Row> => ({ schema, isSurelyRow: quickCheck(schema) });
const boundsCheck = checkOf(boundsRowSchema);
const endpointCheck = checkOf(endpointRowSchema);
const runsCheck = checkOf(runsRowSchema);
const clockCheck = checkOf(clockRowSchema);
const lostCheck = checkOf(lostRowSchema);

function checked<Row>(value: unknown, { schema, isSurelyRow }: Check<Row>): Row | null {
  if (isSurelyRow(value)) return value as Row;
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
