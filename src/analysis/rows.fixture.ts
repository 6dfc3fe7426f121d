/** Runs for tests, made of arithmetic: a row to change, a closed loop of users, an open loop before a number of slots. */
import { sampleStart } from "../runs/sample-run.fixture.ts";
import { Histogram } from "../histogram.ts";
import { seededRandom } from "../random.ts";
import type { ClientRow } from "../runs/schemas/client.ts";
import type { GapsRow } from "../runs/schemas/gaps.ts";
import type { Load, BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { RUN_SCHEMA, type BenchRun } from "../runs/schemas/run.ts";
import { levelsOf, type LevelRows } from "./level-rows.ts";
import type { RunData } from "./summarize.ts";

export const concurrency = (users: number): Load => ({ mode: "closed", concurrency: users });
export const constantRate = (rate: number): Load => ({ mode: "open", rate, arrival: { process: "constant" } });

/** Sent at 0, first token at 100 ms, ten tokens in ten events 10 ms apart, over at 191 ms. */
export function requestRow(overrides: Partial<RequestRow> = {}): RequestRow {
  return {
    id: 0,
    session: 0,
    turn: 0,
    phase: "measured",
    level: 0,
    worker: 0,
    intended_ms: 0,
    connect_start_ms: null,
    connected_ms: null,
    sent_ms: 0,
    first_byte_ms: 99,
    first_token_ms: 100,
    first_content_ms: 100,
    first_reasoning_ms: null,
    first_tool_ms: null,
    last_token_ms: 190,
    end_ms: 191,
    input_tokens: 20,
    output_tokens: 10,
    cached_tokens: null,
    reasoning_tokens: null,
    token_source: "server",
    wanted_output_tokens: 10,
    events: 10,
    tokens_first_event: 1,
    burst_events: 0,
    gap: { p50: 10, p95: 10, max: 10, count: 9 },
    finish_reason: "length",
    status: "ok",
    error: null,
    ...overrides,
  };
}

/** The same request, `ms` later. */
export function later(row: RequestRow, ms: number): RequestRow {
  const moved = Object.entries(row).map(([name, value]) => [
    name,
    name.endsWith("_ms") && value !== null ? (value as number) + ms : value,
  ]);
  return Object.fromEntries(moved) as RequestRow;
}

export function failed(overrides: Partial<RequestRow> = {}): RequestRow {
  return requestRow({
    status: "error",
    error: { kind: "http_5xx", http_status: 503 },
    first_token_ms: null,
    first_content_ms: null,
    last_token_ms: null,
    output_tokens: null,
    token_source: "none",
    events: 0,
    gap: null,
    end_ms: 5,
    ...overrides,
  });
}

export function notSent(overrides: Partial<RequestRow> = {}): RequestRow {
  return failed({ status: "not_sent", error: null, sent_ms: null, first_byte_ms: null, end_ms: null, ...overrides });
}

/** `users` at once, each sending its next request when its last has ended. Times vary with the seed. */
export function closedLoop(options: {
  users: number;
  requests: number;
  level?: number;
  startMs?: number;
  seed?: string;
}): RequestRow[] {
  const { users, requests, level = 0, startMs = 0, seed = "closed" } = options;
  const random = seededRandom(seed);
  const freeAt = Array.from({ length: users }, () => startMs);
  return Array.from({ length: requests }, (_, id) => {
    const intendedMs = Math.min(...freeAt);
    const row = streamed(id, level, intendedMs, intendedMs + 0.1, random);
    freeAt[freeAt.indexOf(intendedMs)] = row.end_ms as number;
    return row;
  });
}

/** Wanted at a constant rate, answered by so many slots, each taking `serviceMs`. */
export function openLoop(options: { rate: number; requests: number; slots: number; serviceMs: number }): RequestRow[] {
  const { rate, requests, slots, serviceMs } = options;
  const freeAt = Array.from({ length: slots }, () => 0);
  return Array.from({ length: requests }, (_, id) => {
    const intendedMs = (id * 1000) / rate;
    const slot = freeAt.indexOf(Math.min(...freeAt));
    const startedMs = Math.max(intendedMs, freeAt[slot] as number);
    freeAt[slot] = startedMs + serviceMs;
    const first = startedMs + serviceMs / 2;
    return requestRow({
      id,
      intended_ms: intendedMs,
      sent_ms: intendedMs,
      first_byte_ms: first,
      first_token_ms: first,
      first_content_ms: first,
      last_token_ms: startedMs + serviceMs,
      end_ms: startedMs + serviceMs,
    });
  });
}

/** The rows that a worker with nothing else to do would leave. */
export function idleClient(requests: readonly RequestRow[], delayUs = 50): ClientRow[] {
  const endMs = Math.max(...requests.map((row) => row.end_ms ?? 0));
  const level = requests[0]?.level ?? 0;
  return Array.from({ length: Math.ceil(endMs / 1000) }, (_, second) =>
    clientRow({ level, start_ms: second * 1000 }, delayUs),
  );
}

export function clientRow(overrides: Partial<ClientRow> = {}, delayUs = 50): ClientRow {
  const delays = histogramOf(Array.from({ length: 100 }, () => delayUs));
  return {
    worker: 0,
    level: 0,
    phase: "measured",
    start_ms: 0,
    length_ms: 1000,
    loop_delay_us: delays,
    read_to_stamp_us: histogramOf([0]),
    send_lateness_us: delays,
    cpu: 0.1,
    in_flight: 1,
    wanted: 1,
    sent: 1,
    ...overrides,
  };
}

/** The gaps of evenly spaced events, by the second in which each ended. */
export function gapsOf(requests: readonly RequestRow[]): GapsRow[] {
  const seconds = new Map<number, number[]>();
  for (const { events, first_token_ms, last_token_ms } of requests) {
    if (first_token_ms === null || last_token_ms === null) continue;
    const gapMs = (last_token_ms - first_token_ms) / (events - 1);
    for (let i = 1; i < events; i++) {
      const second = Math.floor((first_token_ms + i * gapMs) / 1000);
      seconds.set(second, [...(seconds.get(second) ?? []), gapMs * 1000]);
    }
  }
  const level = requests[0]?.level ?? 0;
  return [...seconds].map(([second, gaps]) => gapsRow({ level, second }, gaps));
}

export function gapsRow(overrides: Partial<GapsRow>, gapsUs: readonly number[]): GapsRow {
  const histogram = histogramOf(gapsUs);
  return {
    level: 0,
    phase: "measured",
    second: 0,
    event_gap: histogram,
    itl: histogram,
    assumed_one_token: 0,
    ...overrides,
  };
}

export function runOf(load: Load | Load[], plan: Partial<BenchPlan> = {}, run: Partial<BenchRun> = {}): BenchRun {
  return {
    schema: RUN_SCHEMA,
    run_id: "20260102-030405-bench-abc234",
    name: null,
    status: "completed",
    status_reason: null,
    started_at: "2026-01-02T03:04:05.000Z",
    ended_at: "2026-01-02T03:05:05.000Z",
    process: { pid: 1, start_time: null },
    clock: { wall_at_zero: "2026-01-02T03:04:05.000Z", source: "CLOCK_MONOTONIC" },
    versions: { inferguard: "0.1.0", node: "24.0.0", platform: "linux-x64" },
    claim: "measured",
    claim_why: null,
    plan: {
      ...sampleStart.plan,
      levels: [load].flat(),
      workload: { kind: "synthetic", input_tokens: { mean: 20, sd: 0 }, output_tokens: { mean: 10, sd: 0 } },
      metrics: [{ role: "engine", origin: "http://127.0.0.1:8000", path: "/metrics", flag: "--metrics-url" }],
      ...plan,
    },
    saved_text: false,
    artifacts: {},
    missing: [],
    ...run,
  };
}

export function dataOf(run: BenchRun, requests: RequestRow[], rest: Partial<RunData> = {}): RunData {
  return {
    run,
    requests,
    gaps: gapsOf(requests),
    client: idleClient(requests),
    timeline: [],
    egress: null,
    missing: [],
    ...rest,
  };
}

/** The one level of rows that all belong to it. */
export function levelOf(
  load: Load,
  requests: RequestRow[],
  rest: Partial<Pick<RunData, "gaps" | "client">> = {},
): LevelRows {
  const [level] = levelsOf(runOf(load), requests, rest.gaps ?? [], rest.client ?? []);
  if (level === undefined) throw new Error("a level needs a row");
  return level;
}

export function histogramOf(values: readonly number[]) {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram.toData();
}

function streamed(
  id: number,
  level: number,
  intendedMs: number,
  sentMs: number,
  random: ReturnType<typeof seededRandom>,
): RequestRow {
  const events = 8 + random.integer(9);
  const first = sentMs + 80 + 40 * random.uniform();
  const last = first + (events - 1) * (9 + 2 * random.uniform());
  return requestRow({
    id,
    level,
    intended_ms: intendedMs,
    sent_ms: sentMs,
    first_byte_ms: first,
    first_token_ms: first,
    first_content_ms: first,
    last_token_ms: last,
    end_ms: last + 1,
    output_tokens: events,
    wanted_output_tokens: events,
    events,
  });
}
