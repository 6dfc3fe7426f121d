/** What one row of a growing run adds to the tally: rows of bench and of trace. */
import type { RunTally } from "../metrics/run-names.ts";
import type { AgentTraceRow } from "../runs/schemas/agent-trace.ts";
import type { RequestRow } from "../runs/schemas/request.ts";

/** A request that was wanted and not sent put no load on anything. */
export function tallyRequest(row: RequestRow, { count, observe }: RunTally): void {
  if (row.status === "not_sent") return;
  count("bench_requests");
  if (row.status === "error") count("bench_failures");
  if (row.status !== "ok") return;
  const { sent_ms, first_token_ms, last_token_ms, end_ms, tokens_first_event: inFirst } = row;
  if (row.token_source !== "none") {
    count("bench_input_tokens", row.input_tokens ?? 0);
    count("bench_output_tokens", row.output_tokens ?? 0);
  }
  if (sent_ms === null) return;
  if (first_token_ms !== null) observe("bench_ttft_ms", first_token_ms - sent_ms);
  if (end_ms !== null) observe("bench_e2e_ms", end_ms - sent_ms);
  const after = row.output_tokens === null || row.events < 2 ? 0 : row.output_tokens - (inFirst ?? 1);
  if (first_token_ms !== null && last_token_ms !== null && after > 0)
    observe("bench_tpot_ms", (last_token_ms - first_token_ms) / after);
}

export function tallyTraceRow(row: AgentTraceRow, { count, observe }: RunTally): void {
  if (row.event !== "node") return;
  if (row.kind === "tool_call") {
    count("trace_tool_calls");
    if (row.wall_ms !== null) observe("trace_tool_ms", row.wall_ms);
    count("trace_tool_stall_ms", row.stall_ms ?? 0);
    return;
  }
  if (row.kind !== "model_call") return;
  count("trace_model_calls");
  if (row.status === "error") count("trace_failures");
  if (row.status !== "ok") return;
  if (row.token_source !== "none") {
    count("trace_input_tokens", row.input_tokens ?? 0);
    count("trace_output_tokens", row.output_tokens ?? 0);
  }
  if (row.ttft_ms !== null) observe("trace_ttft_ms", row.ttft_ms);
  if (row.tpot_ms !== null) observe("trace_tpot_ms", row.tpot_ms);
}
