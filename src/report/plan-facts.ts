/** What a command had planned, in words. */
import type { BenchPlan, Load } from "../runs/schemas/bench-plan.ts";
import type { DaemonPlan } from "../runs/schemas/daemon-plan.ts";
import type { Plan } from "../runs/schemas/plan.ts";
import type { TracePlan } from "../runs/schemas/trace-plan.ts";
import { bytes, count, counted, duration } from "./format.ts";
import type { Fact } from "./model.ts";
import { printable } from "./printable.ts";

/** `tiny-llama at http://127.0.0.1:8000`. */
export function targetText(plan: Plan): string {
  if (plan.command === "bench") return `${printable(plan.target.model)} at ${printable(plan.target.origin)}`;
  if (plan.command === "trace") return printable(plan.target.origin);
  return plan.metrics.map(({ origin }) => printable(origin)).join(", ");
}

export function planFacts(plan: Plan): Fact[] {
  if (plan.command === "bench") return benchFacts(plan);
  return plan.command === "trace" ? traceFacts(plan) : daemonFacts(plan);
}

function benchFacts(plan: BenchPlan): Fact[] {
  return [
    { label: "Target", text: `${targetText(plan)}, ${printable(plan.target.path)}` },
    { label: "Load", text: `${plan.levels.map(loadText).join(", ")}; ${lengthText(plan)}` },
    { label: "Workload", text: workloadText(plan) },
  ];
}

function traceFacts(plan: TracePlan): Fact[] {
  const { starts_agent, model_calls } = plan;
  const declared = model_calls === null ? "" : `; ${counted(model_calls, "model call")} declared`;
  return [
    { label: "Target", text: `${targetText(plan)}, ${printable(plan.target.path)}` },
    { label: "Agent", text: `${starts_agent ? "started by the run" : "started elsewhere"}${declared}` },
  ];
}

function daemonFacts(plan: DaemonPlan): Fact[] {
  const { metrics, scrape_interval_ms, retain_ms, max_disk_bytes } = plan;
  return [
    ...metrics.map(({ role, origin, path }) => ({ label: "Watched", text: printable(`${role} ${origin}${path}`) })),
    {
      label: "History",
      text: `a scrape every ${duration(scrape_interval_ms)}, kept for ${duration(retain_ms)} in at most ${bytes(max_disk_bytes)}`,
    },
  ];
}

function loadText(load: Load): string {
  return load.mode === "closed"
    ? `concurrency ${load.concurrency}`
    : `${load.rate} requests/s (${load.arrival.process})`;
}

function lengthText(plan: BenchPlan): string {
  const ends = [
    ...(plan.requests === null ? [] : [counted(plan.requests, "request")]),
    ...(plan.duration_ms === null ? [] : [duration(plan.duration_ms)]),
  ];
  return `${ends.join(" or ")} each`;
}

function workloadText({ workload }: BenchPlan): string {
  if (workload.kind === "trace")
    return `${counted(workload.rows, "request")} of a ${workload.format} trace, ${count(workload.total_input_tokens)} input tokens, SHA-256 ${printable(workload.sha256)}`;
  if (workload.kind === "file")
    return `${counted(workload.rows, "prompt")} of a file, SHA-256 ${printable(workload.sha256)}`;
  return `synthetic prompts of about ${count(workload.input_tokens.mean)} tokens, replies of ${count(workload.output_tokens.mean)}`;
}
