/** A trace's nodes to numbers. Pure: the same rows give the same bytes, for an interrupted run as well as for a whole one. */
import { seededRandom } from "../../random.ts";
import type { ModelCall, TraceNode, TraceSummaryRow } from "../../runs/schemas/agent-trace.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import type { TraceRun } from "../../runs/schemas/run.ts";
import { TRACE_SUMMARY_SCHEMA, type TraceSummary } from "../../runs/schemas/trace-summary.ts";
import { errorsOf } from "../counts.ts";
import { type Basis, distributionOf } from "../distribution.ts";
import { claimOf, figure, type Footing } from "../figures.ts";
import { egressOf } from "../summarize.ts";
import { sameInputs, sentAgain, toolUses } from "./repeats.ts";

/** A run directory, read. `summary`: its closing row, or the same worked out again from the nodes. */
export interface TraceReading {
  run: TraceRun;
  nodes: readonly TraceNode[];
  summary: TraceSummaryRow;
  /** The run did not end in good order, and has no closing row of its own. */
  reckoned: boolean;
  egress: EgressRecord | null;
  missing: { what: string; why: string }[];
}

export function summarizeTrace({ run, nodes, summary, reckoned, egress, missing }: TraceReading): TraceSummary {
  const calls = nodes.filter((node) => node.kind === "model_call");
  const footing: Footing = { claim: run.claim, why: run.claim_why };
  const doubt = reckoned ? "the run did not end in good order: its length is up to the last thing known of it" : null;
  const { wall_ms, model_ms, tool_ms, waiting_ms } = summary;
  const withStatus = (status: ModelCall["status"]) => calls.filter((call) => call.status === status).length;
  return {
    schema: TRACE_SUMMARY_SCHEMA,
    run_id: run.run_id,
    name: run.name,
    status: run.status,
    started_at: run.started_at,
    claim: run.claim,
    claim_why: run.claim_why,
    target: { origin: run.plan.target.origin, path: run.plan.target.path },
    time: { wall_ms, model_ms, tool_ms, waiting_ms, ...claimOf(footing, doubt) },
    conversations: summary.conversations,
    nodes: summary.nodes,
    calls: {
      ok: withStatus("ok"),
      error: withStatus("error"),
      cancelled: withStatus("cancelled"),
      not_understood: calls.filter(({ not_understood }) => not_understood !== null).length,
      errors: errorsOf(calls),
    },
    latency: latencyOf(calls, run, footing),
    tokens: tokensOf(calls, summary, footing),
    tools: toolUses(nodes),
    repeats: { same_input: sameInputs(calls), sent_again: sentAgain(calls) },
    passed: reckoned ? null : summary.passed,
    egress: egress === null ? null : egressOf(egress),
    missing: [...missing],
  };
}

function latencyOf(calls: readonly ModelCall[], run: TraceRun, footing: Footing): TraceSummary["latency"] {
  const answered = calls.filter(({ status }) => status === "ok");
  const basis: Basis = { footing, blockLength: 1, random: () => seededRandom(run.run_id, "intervals of the trace") };
  const of = (values: (number | null)[], none: string, doubt: string | null = null) =>
    distributionOf(basis, { unit: "ms", doubt, none }, Float64Array.from(values.filter((value) => value !== null)));
  const inferred = answered.some(({ tpot_claim }) => tpot_claim === "inferred");
  return {
    ttft: of(
      answered.map(({ ttft_ms }) => ttft_ms),
      "no answered call was streamed",
    ),
    tpot: of(
      answered.map(({ tpot_ms }) => tpot_ms),
      "no answered call has a time per output token",
      inferred ? "the first event of some calls is taken to carry one token" : null,
    ),
    e2e: of(
      answered.map(({ sent_ms, end_ms }) => (sent_ms === null ? null : end_ms - sent_ms)),
      "no call was answered",
    ),
  };
}

/** The cached share is over the calls whose server said both. */
function tokensOf(calls: readonly ModelCall[], summary: TraceSummaryRow, footing: Footing): TraceSummary["tokens"] {
  const both = calls.filter(({ input_tokens, cached_tokens }) => input_tokens !== null && cached_tokens !== null);
  const sum = (of: (call: ModelCall) => number | null) => both.reduce((total, call) => total + (of(call) ?? 0), 0);
  const input = sum((call) => call.input_tokens);
  const share = input === 0 ? null : sum((call) => call.cached_tokens) / input;
  return {
    input: summary.input_tokens,
    output: summary.output_tokens,
    cached: summary.cached_tokens,
    reasoning: summary.reasoning_tokens,
    counted_calls: calls.filter(({ token_source }) => token_source === "server").length,
    cached_fraction: figure(footing, "ratio", share, share === null ? "no server said what it had cached" : null),
  };
}
