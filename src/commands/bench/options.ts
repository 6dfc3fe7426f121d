/** What the command line asked of `bench`, checked and with every default filled in. */
import type { EndpointAddress } from "../../endpoint/address.ts";
import type { Api } from "../../endpoint/dialects/table.ts";
import type { Progress } from "../../load/progress.ts";
import type { Authority } from "../../net/authority.ts";
import type { ProxySettings, ResolveOverride } from "../../net/gate.ts";
import type { InputFormat } from "../../workload/input-file-reader.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import type { Load, BenchPlan } from "../../runs/schemas/bench-plan.ts";

export interface EndpointTarget {
  kind: "endpoint";
  address: EndpointAddress;
  authority: Authority;
  /** Null: ask the server, which may serve just one. */
  model: string | null;
  /** As they go out, the key included. Their values reach no file. */
  headers: readonly (readonly [name: string, value: string])[];
  /** One of the headers carries a key, and --allow-plaintext-key was not given. */
  guardsKey: boolean;
  body: Readonly<Record<string, unknown>>;
  streamUsage: boolean;
}

/** The built-in simulated engine, in a process of its own. `bin` is this program's own file. */
export interface MimicTarget {
  kind: "mimic";
  api: Api;
  authority: Authority;
  bin: string;
}

export interface MetricsTarget {
  role: string;
  url: URL;
  authority: Authority;
  flag: "--metrics-url" | "--gpu-metrics-url";
}

/** Through which every connection goes. */
export interface ProxyOptions extends ProxySettings {
  /** `http://proxy:3128`, for people and files. */
  origin: string;
  /** Its headers would travel in the clear, and --allow-plaintext-key was not given. */
  guardsKey: boolean;
}

export interface BenchOptions {
  target: EndpointTarget | MimicTarget;
  tls: { ca: string | null; insecure: boolean };
  proxy: ProxyOptions | null;
  resolve: readonly ResolveOverride[];
  connections: "reuse" | "new";
  /** `trace`: one level, at the trace's own times and rate. */
  levels: Load[] | "trace";
  requests: number | null;
  durationMs: number | null;
  /** Where neither requests nor a duration are told, and the input is no trace. */
  defaultDurationMs: number;
  drainMs: number;
  /** Null: one request for each that can be in flight; none for a trace. */
  warmup: BenchPlan["warmup"] | null;
  maxInFlight: number | null;
  inputFile: string | null;
  inputFormat: InputFormat;
  inputTokens: { mean: number; sd: number };
  /** Null only with --input: the file or the server decides. */
  outputTokens: { mean: number; sd: number } | null;
  seed: string;
  slo: BenchPlan["slo"];
  connectTimeoutMs: number;
  requestTimeoutMs: number | null;
  idleTimeoutMs: number;
  metrics: readonly MetricsTarget[];
  /** Try /metrics of the endpoint's own host and port once. */
  tryOwnMetrics: boolean;
  gpus: number | null;
  runsDir: string;
  /** The run can be named by its id alone: it lies where every command looks. */
  runsDirIsDefault: boolean;
  name: string | null;
  saveText: boolean;
}

/** What the command tells while it runs. */
export interface BenchListener {
  progress(this: void, progress: Progress): void;
  /** One sentence that the person should see now. */
  notice(this: void, text: string): void;
  warning(this: void, text: string): void;
  /** What was reached, once nothing more can be. */
  egress(this: void, record: EgressRecord): void;
  /** Aborts when the person wants it to end. */
  signal: AbortSignal;
}
