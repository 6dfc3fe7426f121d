import "./without-code-generation.ts";
import * as z from "zod";
import { metricsSourceSchema } from "./metrics-source.ts";

const load = z.discriminatedUnion("mode", [
  /** Closed loop: this many requests in flight, the next one sent when one ends. */
  z.object({ mode: z.literal("closed"), concurrency: z.number().int().positive() }),
  /** Open loop: requests wanted at this mean rate per second, whatever the server does. */
  z.object({
    mode: z.literal("open"),
    rate: z.number().positive(),
    arrival: z.discriminatedUnion("process", [
      z.object({ process: z.literal("constant") }),
      z.object({ process: z.literal("poisson") }),
      /** Gamma-distributed gaps with this coefficient of variation. */
      z.object({ process: z.literal("gamma"), cv: z.number().positive() }),
      /** At the trace's own times, stretched to this rate. */
      z.object({ process: z.literal("trace") }),
    ]),
  }),
]);
export type Load = z.infer<typeof load>;
export type Arrival = Extract<Load, { mode: "open" }>["arrival"];

/** A load level as a person says it. */
export function describeLoad(level: Load): string {
  if (level.mode === "closed") return `concurrency ${level.concurrency}`;
  const { arrival, rate } = level;
  return `${rate} requests/s (${arrival.process === "gamma" ? `gamma, CV ${arrival.cv}` : arrival.process})`;
}

const meanAndDeviation = z.object({ mean: z.number().int().positive(), sd: z.number().nonnegative() });

const workload = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("synthetic"), input_tokens: meanAndDeviation, output_tokens: meanAndDeviation }),
  z.object({
    kind: z.literal("file"),
    format: z.literal("jsonl"),
    rows: z.number().int(),
    /** SHA-256 of the file's bytes, hex: the same file can be recognised without keeping its path or its text. */
    sha256: z.string(),
    output_tokens: meanAndDeviation.nullable(),
  }),
  /** Requests of a trace: lengths, and blocks that are equal where the trace's were. Their words are made up. */
  z.object({
    kind: z.literal("trace"),
    format: z.enum(["mooncake", "weka"]),
    rows: z.number().int(),
    /** Rows that ask for nothing. */
    dropped: z.number().int(),
    sha256: z.string(),
    /** From the first to the last; null where the file has no times. */
    span_ms: z.number().nullable(),
    total_input_tokens: z.number().int(),
    total_output_tokens: z.number().int(),
    /** Blocks of the inputs, and how many of them are different. */
    blocks: z.number().int(),
    distinct_blocks: z.number().int(),
    output_tokens: meanAndDeviation.nullable(),
  }),
]);

/** What `bench` decided before the first byte was sent. It holds no key, no header value and no prompt. */
export const benchPlanSchema = z.object({
  command: z.literal("bench"),
  target: z.object({
    /** `mimic`: the built-in simulated engine; every number of such a run is synthetic. */
    kind: z.enum(["endpoint", "mimic"]),
    /** Scheme, host and port; path: where requests are posted. Never a query value or a user name. */
    origin: z.string(),
    path: z.string(),
    api: z.enum(["chat", "completions"]),
    model: z.string(),
    stream_usage: z.boolean(),
    connections: z.enum(["reuse", "new"]),
    /** Certificate checks were off: anyone between could have answered. */
    insecure: z.boolean(),
    /** Scheme, host and port of the proxy through which all connections went; absent without one. */
    proxy: z.string().optional(),
    header_names: z.array(z.string()),
    body_fields: z.array(z.string()),
  }),
  levels: z.array(load).min(1),
  /** Per level, warm-up apart. At least one is set. */
  requests: z.number().int().positive().nullable(),
  duration_ms: z.number().positive().nullable(),
  /** How long running requests may finish once `duration_ms` is over. */
  drain_ms: z.number().nonnegative(),
  warmup: z.discriminatedUnion("by", [
    z.object({ by: z.literal("requests"), requests: z.number().int().nonnegative() }),
    z.object({ by: z.literal("time"), duration_ms: z.number().positive() }),
    /** One request for each that the level keeps in flight; open loop: a second's worth. At most 32. */
    z.object({ by: z.literal("in_flight") }),
  ]),
  max_in_flight: z.number().int().positive().nullable(),
  workload,
  seed: z.string(),
  /** Milliseconds. A request is good when it meets each one that is set. */
  slo: z.object({ ttft: z.number().nullable(), tpot: z.number().nullable(), e2e: z.number().nullable() }).nullable(),
  connect_timeout_ms: z.number().positive(),
  request_timeout_ms: z.number().positive().nullable(),
  idle_timeout_ms: z.number().positive(),
  metrics: z.array(metricsSourceSchema),
  scrape_interval_ms: z.number().positive(),
  gpus: z.number().int().positive().nullable(),
});
export type BenchPlan = z.infer<typeof benchPlanSchema>;
