/** Runs for tests of payloads: as many requests as asked for, with numbers that every field has something to say about. */
import { sampleRequest, sampleStart, sampleTimeline } from "../runs/sample-run.fixture.ts";
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import type { RunNumbers } from "./payload-facts.ts";
import type { FieldName } from "./payload-fields.ts";
import type { StreamOfField } from "./payload-outcomes.ts";
import { seedStreams } from "./seed-streams.ts";

export function samplePlan(changes: Partial<BenchPlan> = {}): BenchPlan {
  return { ...sampleStart.plan, requests: 8000, gpus: 8, ...changes };
}

/** A request every 10 ms, with a TTFT of 100 ms to 200 ms and half of its input cached. */
export function sampleRow(id: number, changes: Partial<RequestRow> = {}): RequestRow {
  const sent = id * 10;
  return {
    ...sampleRequest(id),
    intended_ms: sent,
    sent_ms: sent,
    first_token_ms: sent + 100 + (id % 100),
    end_ms: sent + 400,
    input_tokens: 200,
    cached_tokens: 100,
    ...changes,
  };
}

/** A scrape every second, with a KV cache that fills up by 1 % each time, to 80 %. */
export function sampleScrape(second: number, changes: Partial<TimelineRow> = {}): TimelineRow {
  return {
    ...sampleTimeline,
    start_ms: second * 1000 - 5,
    t_ms: second * 1000,
    gauges: { kv_cache_usage: Math.min(80, second) / 100 },
    ...changes,
  };
}

export function sampleRun(changes: Partial<BenchPlan> = {}): RunNumbers {
  const plan = samplePlan(changes);
  const count = plan.requests ?? 100;
  return {
    plan,
    requests: Array.from({ length: count }, (_, id) => sampleRow(id)),
    timeline: Array.from({ length: Math.ceil(count / 100) + 1 }, (_, second) => sampleScrape(second)),
  };
}

/** The noise of a seed that is this byte 32 times. */
export function sampleNoise(byte = 1): StreamOfField {
  const streamOf = seedStreams(new Uint8Array(32).fill(byte));
  if (streamOf === null) throw new Error("the seed is not as long as a seed");
  return (field: FieldName) => streamOf(field);
}
