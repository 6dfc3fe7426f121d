/** A run's rows by load level, measured ones apart from warm-up, in an order that does not depend on the files'. */
import type { ClientRow } from "../runs/schemas/client.ts";
import type { GapsRow } from "../runs/schemas/gaps.ts";
import { describeLoad, type Load } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { BenchRun } from "../runs/schemas/run.ts";
import type { Span } from "./in-flight.ts";

export interface LevelRows {
  level: number;
  /** Null when the plan has no such level. */
  load: Load | null;
  /** The load as a person says it. */
  label: string;
  /** In the order in which they were wanted, as is every list of requests here. */
  measured: RequestRow[];
  ok: RequestRow[];
  warmup: number;
  /** Of the measured phase only. */
  gaps: GapsRow[];
  client: ClientRow[];
  /** From the first request wanted to the last end, ramp and drain included. Null when nothing was measured. */
  span: Span | null;
}

/** The levels that have request rows, ascending. */
export function levelsOf(run: BenchRun, requests: RequestRow[], gaps: GapsRow[], client: ClientRow[]): LevelRows[] {
  const rows = Map.groupBy(requests.toSorted(byIntention), (row) => row.level);
  const isMeasured = (row: { phase: string }) => row.phase === "measured";
  const gapRows = Map.groupBy(gaps.filter(isMeasured), (row) => row.level);
  const clientRows = Map.groupBy(client.filter(isMeasured), (row) => row.level);
  return [...rows.keys()]
    .sort((a, b) => a - b)
    .map((level) => {
      const all = rows.get(level) ?? [];
      const load = run.plan.levels[level] ?? null;
      const measured = all.filter(isMeasured);
      return {
        level,
        load,
        label: load === null ? `level ${level}` : describeLoad(load),
        measured,
        ok: measured.filter((row) => row.status === "ok"),
        warmup: all.length - measured.length,
        gaps: gapRows.get(level) ?? [],
        client: clientRows.get(level) ?? [],
        span: spanOf(measured),
      };
    });
}

function byIntention(a: RequestRow, b: RequestRow): number {
  return a.intended_ms - b.intended_ms || a.id - b.id;
}

function spanOf(measured: readonly RequestRow[]): Span | null {
  const [first] = measured;
  if (first === undefined) return null;
  const endMs = measured.reduce((latest, row) => Math.max(latest, row.end_ms ?? row.intended_ms), first.intended_ms);
  return { startMs: first.intended_ms, endMs };
}
