/**
 * Rows to numbers. Pure: the same rows give the same bytes, on any machine, in any order of the rows, and for an
 * interrupted run as well as for a whole one.
 */
import { seededRandom } from "../random.ts";
import type { ClientRow } from "../runs/schemas/client.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import type { GapsRow } from "../runs/schemas/gaps.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { BenchRun } from "../runs/schemas/run.ts";
import { SUMMARY_SCHEMA, type LevelSummary, type Summary } from "../runs/schemas/summary.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import { clientHealthOf } from "./client-health.ts";
import { countsOf } from "./counts.ts";
import type { Basis } from "./distribution.ts";
import { figure, rounded, type Footing } from "./figures.ts";
import { goodputOf } from "./goodput.ts";
import { meanAndMaxInFlight, spanBetween, type Span } from "./in-flight.ts";
import { latencyOf } from "./latency.ts";
import { levelsOf, type LevelRows } from "./level-rows.ts";
import { describeLoad } from "../runs/schemas/bench-plan.ts";
import { notesOf } from "./notes.ts";
import { serverOf } from "./server.ts";
import { steadyWindow } from "./steady-window.ts";
import { throughputOf } from "./throughput.ts";
import { tokensOf } from "./tokens.ts";

/** A run directory, read. `missing`: what the run itself says is missing, and what its reader had to leave out. */
export interface RunData {
  run: BenchRun;
  requests: RequestRow[];
  gaps: GapsRow[];
  client: ClientRow[];
  timeline: TimelineRow[];
  egress: EgressRecord | null;
  missing: { what: string; why: string }[];
}

export function summarize({ run, requests, gaps, client, timeline, egress, missing }: RunData): Summary {
  const levels = levelsOf(run, requests, gaps, client).map((rows) => ({
    rows,
    summary: levelSummary(run, rows, timeline),
  }));
  const health = clientHealthOf(
    levels.map(({ rows }) => rows),
    run.plan.max_in_flight,
  );
  const { kind, origin, path, api, model } = run.plan.target;
  return {
    schema: SUMMARY_SCHEMA,
    run_id: run.run_id,
    name: run.name,
    status: run.status,
    started_at: run.started_at,
    claim: run.claim,
    claim_why: run.claim_why,
    target: { kind, origin, path, api, model },
    client: health,
    headline: health.verdict !== "limited",
    levels: levels.map(({ summary }) => summary),
    egress: egress === null ? null : egressOf(egress),
    notes: notesOf(run, levels, health),
    missing: [
      ...missing,
      ...levelsNotRun(
        run,
        levels.map(({ rows }) => rows.level),
      ),
    ],
  };
}

function levelSummary(run: BenchRun, rows: LevelRows, timeline: TimelineRow[]): LevelSummary {
  const footing: Footing = { claim: run.claim, why: run.claim_why };
  const window = steadyWindow(rows);
  const inFlight = inFlightOf(rows, window, footing);
  const basis: Basis = {
    footing,
    blockLength: Math.ceil(inFlight.mean.value ?? 1),
    random: () => seededRandom(run.run_id, `intervals of level ${rows.level}`),
  };
  return {
    level: rows.level,
    load: rows.label,
    window: { kind: window.kind, start_ms: rounded(window.startMs), end_ms: rounded(window.endMs), why: window.why },
    requests: countsOf(rows),
    latency: latencyOf(rows, basis),
    throughput: { ...throughputOf(rows, window, run.plan.gpus, footing), ...goodputOf(rows, window, run, footing) },
    tokens: tokensOf(rows, basis),
    in_flight: inFlight,
    burst_fraction: burstFraction(rows, footing),
    server: serverOf(timeline, rows, window, run),
  };
}

/** Sent and not ended, whatever the end was. */
function inFlightOf({ measured }: LevelRows, window: Span, footing: Footing): LevelSummary["in_flight"] {
  const sent = measured.flatMap((row) => spanBetween(row.sent_ms, row.end_ms) ?? []);
  if (window.endMs <= window.startMs) {
    const nothing = figure(footing, "requests", null, "the level has no length");
    return { mean: nothing, max: nothing };
  }
  const { mean, max } = meanAndMaxInFlight(sent, window);
  return { mean: figure(footing, "requests", mean, null), max: figure(footing, "requests", max, null) };
}

function burstFraction({ ok }: LevelRows, footing: Footing): LevelSummary["burst_fraction"] {
  const events = ok.reduce((sum, row) => sum + row.events, 0);
  if (events === 0) return figure(footing, "ratio", null, "no reply had a token event");
  return figure(footing, "ratio", ok.reduce((sum, row) => sum + row.burst_events, 0) / events, null);
}

export function egressOf({ authorities, denied, child }: EgressRecord): Summary["egress"] {
  const destinations = authorities.map(
    ({ flag, host, port, via, addresses, lookups, connections, bytes_out, bytes_in }) => ({
      flag,
      host,
      port,
      ...(via === undefined ? {} : { via }),
      addresses,
      lookups,
      connections,
      bytes_out,
      bytes_in,
    }),
  );
  return { destinations, denied, ...(child === undefined ? {} : { child }) };
}

function levelsNotRun(run: BenchRun, begun: readonly number[]): Summary["missing"] {
  return run.plan.levels.flatMap((load, level) =>
    begun.includes(level)
      ? []
      : [{ what: `level ${level} (${describeLoad(load)})`, why: "it has no request: the run ended before it began" }],
  );
}
