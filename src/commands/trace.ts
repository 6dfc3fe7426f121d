/**
 * `inferguard trace`: runs an agent with a recording proxy in front of the endpoint, and leaves a run directory that says what
 * it did there. The agent's own network is not looked at.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import { monotonicMs, wallClock } from "../clock.ts";
import { type AgentProcess, checkProgram, isInForeground, startAgent } from "../net/child.ts";
import { type Gate, openGate } from "../net/gate.ts";
import { isLoopback } from "../net/loopback.ts";
import { createRun, type RunEnd, type RunWriter } from "../runs/run-writer.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import type { TracePlan } from "../runs/schemas/trace-plan.ts";
import { startProxy, type TraceProxy } from "../trace/proxy.ts";
import { createRecorder } from "../trace/recorder.ts";
import type { SpannedRun } from "../trace/spans.ts";
import { keepYoungGenerationSmall } from "../young-generation.ts";
import { version } from "../version.ts";
import { checkConnection } from "./bench/connect.ts";
import { egressRecordOf } from "./bench/egress.ts";
import { synthetic } from "./bench/notice-mimic.ts";
import { agentEnvironment } from "./trace/agent-environment.ts";
import { collectSpans } from "./trace/collect-spans.ts";
import { missingOf, sentencesOf } from "./trace/notes.ts";
import type { TraceListener, TraceOptions } from "./trace/options.ts";

export interface TraceResult {
  directory: string;
  /** What the person should know, one sentence each. */
  notes: string[];
  /** How the agent ended, as a shell has it; null without one. */
  agentExitCode: number | null;
}

/** For a new connection to the endpoint, before anything starts. */
const CONNECT_TIMEOUT_MS = 10_000;
/** What the agent's end has left in its connections is read; processes that it left behind are not waited for. */
const SETTLE_MS = 1000;

/** @throws UserError when the trace cannot start; then nothing is left on disk. */
export async function trace(options: TraceOptions, listener: TraceListener): Promise<TraceResult> {
  const { agent, endpoint } = options;
  keepYoungGenerationSmall();
  if (agent !== null) checkProgram(agent.command[0] ?? "", agent.environment["PATH"] ?? "");
  const gate = openGate({ resolve: options.resolve, proxy: options.proxy });
  let proxy: TraceProxy | null = null;
  try {
    const { address, authority } = endpoint;
    const tls = address.tls ? { serverName: address.host, ...options.tls } : null;
    await checkConnection(gate, authority, tls, {
      timeoutMs: CONNECT_TIMEOUT_MS,
      guardsKey: false,
      guardsProxyKey: options.proxy?.guardsKey === true,
      ...listener,
    });
    const { prefix, suffix } = splitBase(address.basePath);
    const takesKeys = options.allowPlaintextKey || tls !== null || (await staysHere(gate, options));
    const front = { host: hostHeader(address), prefix, query: address.query, takesKeys };
    proxy = await startProxy({ listen: options.listen, gate, endpoint: { authority, tls, ...front } });

    const zeroMs = monotonicMs();
    const { writer, run } = await startRun(options, prefix, listener);
    const spans = collectSpans(options.collector, run);
    const recorder = createRecorder({
      zeroMs,
      append(row) {
        writer.append("agentTrace", row);
        spans.note(row);
      },
      appendText: options.saveText ? (row) => writer.append("text", row) : null,
      key: randomBytes(32),
    });
    proxy.serve(recorder);
    const url = `http://${urlHost(options.listen.host)}:${proxy.port}`;
    const at = { url, apiBase: `${url}${suffix}`, directory: writer.directory };
    listener.started(at);

    let end: AgentEnd;
    try {
      end = await (agent === null ? untilStopped(listener) : runAgent(agent, at, listener));
      await proxy.settle(agent === null ? 0 : SETTLE_MS);
    } catch (error) {
      await finishRun(
        writer,
        gate,
        proxy,
        { status: "failed", status_reason: "the agent could not be started" },
        options,
      );
      throw error;
    }
    await proxy.close();
    await recorder.finish(monotonicMs());
    const unsent = await spans.send(gate, recorder.metMimic ? synthetic.claim : "measured");
    if (unsent !== null) listener.warning(unsent);
    await finishRun(writer, gate, proxy, { ...end, ...(recorder.metMimic ? { claim: synthetic } : {}) }, options);
    return { directory: writer.directory, notes: sentencesOf(proxy.notes()), agentExitCode: end.exitCode };
  } finally {
    await proxy?.close();
    gate.close();
    listener.egress(recordOf(gate, options));
  }
}

interface AgentEnd extends Pick<RunEnd, "status" | "status_reason"> {
  exitCode: number | null;
}

async function runAgent(
  { command, environment, output }: NonNullable<TraceOptions["agent"]>,
  at: { url: string; apiBase: string },
  { signal: stopped, giveSignalsTo }: TraceListener,
): Promise<AgentEnd> {
  let running: AgentProcess | null = null;
  const early: NodeJS.Signals[] = [];
  const signals = giveSignalsTo((name) => {
    // A terminal has sent it to the agent too.
    if (running === null) early.push(name);
    else if (name === "SIGTERM" || !isInForeground()) running.signal(name);
  });
  try {
    if (stopped.aborted)
      return { status: "interrupted", status_reason: "it was stopped before the agent started", exitCode: null };
    running = await startAgent(command, agentEnvironment(environment, at), output);
    for (const name of early) running.signal(name);
    const { code, signal } = await running.ended;
    if (signal === null) return { status: "completed", status_reason: null, exitCode: code ?? 0 };
    const status_reason = `the agent was ended by ${signal}`;
    return { status: "interrupted", status_reason, exitCode: 128 + constants.signals[signal] };
  } finally {
    signals.take();
  }
}

/** Without an agent of its own a trace is over when it is told so: that is its good end. */
async function untilStopped({ signal }: TraceListener): Promise<AgentEnd> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return { status: "completed", status_reason: null, exitCode: null };
}

/** The gate closes first: nothing is sent after the record is written. */
async function finishRun(
  writer: RunWriter,
  gate: Gate,
  proxy: TraceProxy,
  { status, status_reason, claim }: Pick<RunEnd, "status" | "status_reason" | "claim">,
  options: TraceOptions,
): Promise<void> {
  gate.close();
  await writer.writeEgress(recordOf(gate, options));
  const missing = missingOf(proxy.notes());
  await writer.finish({ status, status_reason, missing, ...(claim === undefined ? {} : { claim }) });
}

function recordOf(gate: Gate, { agent }: TraceOptions): EgressRecord {
  return { ...egressRecordOf(gate), ...(agent === null ? {} : { child: "not observed" as const }) };
}

async function startRun(
  options: TraceOptions,
  prefix: string,
  listener: TraceListener,
): Promise<{ writer: RunWriter; run: SpannedRun }> {
  const plan: TracePlan = {
    command: "trace",
    target: { origin: options.endpoint.address.origin, path: prefix, insecure: options.tls.insecure },
    starts_agent: options.agent !== null,
    model_calls: options.modelCalls,
  };
  const start = {
    name: options.name,
    clock: { wall_at_zero: wallClock().toISOString(), source: "CLOCK_MONOTONIC" },
    versions: { inferguard: version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    claim: "measured",
    claim_why: null,
    plan: Object.freeze(plan),
    saved_text: options.saveText,
  } as const;
  const writer = await createRun(options.runsDir, start, (text) => listener.warning(text));
  return { writer, run: { ...start, run_id: writer.runId } };
}

/**
 * The proxy stands for what is before `/v1`, so that clients which put `/v1` there themselves and clients which do not both
 * find the API. A base of another kind, such as `/api/paas/v4`, it stands for as a whole.
 */
function splitBase(basePath: string): { prefix: string; suffix: string } {
  return basePath.endsWith("/v1")
    ? { prefix: basePath.slice(0, -"/v1".length), suffix: "/v1" }
    : { prefix: basePath, suffix: "" };
}

/** Whether what goes to the endpoint stays on this machine. Where a proxy takes it nobody here knows. */
async function staysHere(gate: Gate, { endpoint }: TraceOptions): Promise<boolean> {
  const resolved = await gate.resolve(endpoint.authority);
  return gate.proxy === null && "addresses" in resolved && resolved.addresses.every(isLoopback);
}

function hostHeader({ host, port, tls }: TraceOptions["endpoint"]["address"]): string {
  return port === (tls ? 443 : 80) ? urlHost(host) : `${urlHost(host)}:${port}`;
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
