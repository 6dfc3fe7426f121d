/** What commander makes of a bench's flags, under its own names for them. */
import type { BenchOptions } from "../commands/bench/options.ts";
import type { Load } from "../runs/schemas/bench-plan.ts";
import type { ProxyFlags } from "./proxy-flags.ts";

/** commander's own names for the parsed flags. */
export interface BenchFlags extends ProxyFlags {
  endpoint?: string;
  model?: string;
  api?: "chat" | "completions";
  header?: [string, string][];
  headerFile?: string;
  apiKeyEnv?: string;
  apiKeyFile?: string;
  body?: string;
  streamUsage: boolean;
  caFile?: string;
  insecure?: boolean;
  resolve?: BenchOptions["resolve"][number][];
  connections: "reuse" | "new";
  concurrency?: number[];
  rate?: number[];
  arrival?: Extract<Load, { mode: "open" }>["arrival"];
  requests?: number;
  duration?: number;
  drain: number;
  warmup?: BenchOptions["warmup"];
  maxInFlight?: number;
  input?: string;
  format?: BenchOptions["inputFormat"];
  inputTokens?: { mean: number; sd: number };
  outputTokens?: { mean: number; sd: number };
  seed?: string;
  slo?: BenchOptions["slo"];
  connectTimeout: number;
  requestTimeout?: number;
  idleTimeout: number;
  metricsUrl?: string[];
  gpuMetricsUrl?: string[];
  metrics: boolean;
  gpus?: number;
  runsDir: string;
  name?: string;
  saveText?: boolean;
}
