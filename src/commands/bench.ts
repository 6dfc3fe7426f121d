/**
 * `inferguard bench`: loads an endpoint, scrapes its metrics meanwhile, and leaves a run directory from which every
 * number can be computed again.
 */
import { monotonicMs, wallClock } from "../clock.ts";
import { exitCode, type ExitCode, messageOf, type UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { summarize } from "../analysis/summarize.ts";
import { createPromptSource } from "../load/prompt-source.ts";
import { type LoadEnd, runLoad } from "../load/run-load.ts";
import { type Gate, openGate } from "../net/gate.ts";
import type { HttpClient } from "../net/http-client.ts";
import { openHttpClient } from "../net/open-http-client.ts";
import type { View } from "../report/model.ts";
import { viewOf } from "../report/view.ts";
import { readBenchRun } from "../runs/run-reader.ts";
import { createRun, type RunWriter } from "../runs/run-writer.ts";
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { Summary } from "../runs/schemas/summary.ts";
import { keepYoungGenerationSmall } from "../young-generation.ts";
import { version } from "../version.ts";
import { egressRecordOf } from "./bench/egress.ts";
import { askingLimits, type Endpoint, reachEndpoint } from "./bench/endpoint.ts";
import { explainRefusal, refusalForFile } from "./bench/explain-refusal.ts";
import { noticeMimic, type NoticingClient, synthetic } from "./bench/notice-mimic.ts";
import type { BenchListener, BenchOptions } from "./bench/options.ts";
import { makePlan } from "./bench/plan.ts";
import { preparePrompts } from "./bench/prompts.ts";
import { auditOf, levelsOf, requestsOf, traceTimesMs } from "./bench/replay.ts";
import { planScraping } from "./bench/scraping.ts";

export interface BenchResult {
  /** The bytes of summary.json. */
  summaryText: string;
  view: View;
  directory: string;
  exitCode: ExitCode;
  /** Why the exit code is not 0, where the summary does not say it by itself. */
  problem: UserError | null;
}

/** @throws UserError when the run cannot start; then nothing is left on disk. */
export async function bench(options: BenchOptions, listener: BenchListener): Promise<BenchResult> {
  const letItGrow = keepYoungGenerationSmall();
  // Before anything is sent: a bad line in the file must not be found out half-way.
  const prompts = await preparePrompts(options);
  const { trace, workload } = prompts;
  if (trace !== null) listener.notice(auditOf(trace, workload));
  // So is a file that does not fit the flags.
  levelsOf(options, trace);
  requestsOf(options, trace);
  const gate = openGate({ resolve: options.resolve, proxy: options.proxy });
  const client = noticeMimic(openHttpClient(gate, options.connections));
  const closeNetwork = () => {
    client.close();
    gate.close();
  };
  try {
    const endpoint = await reachEndpoint(options, gate, client, listener);
    try {
      const scraping = await planScraping(options, endpoint, gate, client, listener);
      const plan = makePlan(options, {
        target: endpoint.planned,
        workload,
        trace,
        metrics: scraping.planned,
      });
      const zeroMs = monotonicMs();
      const writer = await startRun(options, plan, client, listener);

      let outcome: Outcome;
      try {
        await scraping.start(writer, zeroMs);
        const end = await runLoad(plan, {
          send: endpoint.send,
          prompts: createPromptSource(prompts.source(writer.runId)),
          sink: sinkOf(writer, listener),
          traceTimesMs: traceTimesMs(trace),
          zeroMs,
          signal: listener.signal,
        });
        await scraping.finish();
        outcome = await outcomeOf(end, options, endpoint, client, listener);
      } catch (error) {
        // What was measured up to here is kept, whatever broke.
        outcome = {
          status: "failed",
          reason: `a bug in InferGuard: ${messageOf(error)}`,
          problem: null,
          bug: bugOf(error),
        };
      }
      letItGrow();
      closeNetwork();
      await finishRun(writer, gate, outcome, client, scraping.missing());
      if (outcome.bug !== null) throw outcome.bug;
      return await conclude(writer, outcome, options);
    } finally {
      await endpoint.stop();
    }
  } finally {
    closeNetwork();
    listener.egress(egressRecordOf(gate));
  }
}

function bugOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

function startRun(
  options: BenchOptions,
  plan: BenchPlan,
  client: NoticingClient,
  listener: BenchListener,
): Promise<RunWriter> {
  const start = {
    name: options.name,
    clock: { wall_at_zero: wallClock().toISOString(), source: "CLOCK_MONOTONIC" },
    versions: { inferguard: version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    ...(plan.target.kind === "mimic" || client.metMimic ? synthetic : measured),
    plan,
    saved_text: options.saveText,
  } as const;
  return createRun(options.runsDir, start, (text) => listener.warning(text));
}

const measured = { claim: "measured", claim_why: null } as const;

function sinkOf(writer: RunWriter, listener: BenchListener): Parameters<typeof runLoad>[1]["sink"] {
  return {
    request: (row) => writer.append("requests", row),
    gaps: (row) => writer.append("gaps", row),
    client: (row) => writer.append("client", row),
    text: (entry) => writer.append("text", entry),
    progress: (progress) => listener.progress(progress),
  };
}

interface Outcome {
  status: "completed" | "interrupted" | "failed";
  reason: string | null;
  problem: UserError | null;
  bug: Error | null;
}

async function outcomeOf(
  end: LoadEnd,
  options: BenchOptions,
  { address, model, get }: Endpoint,
  client: HttpClient,
  { signal }: BenchListener,
): Promise<Outcome> {
  if (end.status !== "hopeless") return { status: end.status, reason: null, problem: null, bug: null };
  const problem = await explainRefusal(end, model, { address, client, get, limits: askingLimits(options, signal) });
  return { status: "failed", reason: refusalForFile(end), problem, bug: null };
}

async function finishRun(
  writer: RunWriter,
  gate: Gate,
  { status, reason }: Outcome,
  client: NoticingClient,
  missing: { what: string; why: string }[],
): Promise<void> {
  await writer.writeEgress(egressRecordOf(gate));
  // With --model a mimic is known only by its first answer.
  const claim = client.metMimic ? { claim: synthetic } : {};
  await writer.finish({ status, status_reason: reason, missing, ...claim });
}

/** From what is on disk, as `report` will have it. */
async function conclude(writer: RunWriter, { problem }: Outcome, options: BenchOptions): Promise<BenchResult> {
  const summary = summarize(await readBenchRun(writer.directory));
  const summaryText = prettyJson(summary);
  await writer.writeSummary(summaryText);
  const place = { path: writer.directory, argument: options.runsDirIsDefault ? summary.run_id : writer.directory };
  return {
    summaryText,
    view: viewOf(summary, place),
    directory: writer.directory,
    problem,
    exitCode: exitCodeOf(summary),
  };
}

/** 0 only when something succeeded and the client can vouch for the figures. */
function exitCodeOf(summary: Summary): ExitCode {
  const ok = summary.levels.reduce((sum, level) => sum + level.requests.ok, 0);
  return summary.status === "failed" || ok === 0 || !summary.headline ? exitCode.bad : exitCode.ok;
}
