/** What a run's payload is worked out from: the numbers in its directory, by the command that made it. */
import { factsOf, type PayloadFacts } from "../posture/payload-facts.ts";
import { rollupFactsOf } from "../posture/payload-rollup-facts.ts";
import { traceFactsOf } from "../posture/payload-trace-facts.ts";
import { artifact } from "../runs/artifacts.ts";
import { readRows } from "../runs/row-reader.ts";
import { agentTraceRowSchema } from "../runs/schemas/agent-trace.ts";
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import { requestRowSchema } from "../runs/schemas/request.ts";
import type { Run } from "../runs/schemas/run.ts";
import { timelineRowSchema } from "../runs/schemas/timeline.ts";
import type { TracePlan } from "../runs/schemas/trace-plan.ts";

export interface ReadFacts {
  facts: PayloadFacts;
  /** What keeps them from being of the whole run, one sentence each. */
  incomplete: string[];
}

export async function readPayloadFacts(directory: string, { plan, claim }: Run): Promise<ReadFacts> {
  switch (plan.command) {
    case "bench":
      return readBenchFacts(directory, plan);
    case "trace":
      return readTraceFacts(directory, plan, claim === "synthetic" ? "synthetic" : "measured");
    case "daemon":
      return { facts: rollupFactsOf(plan), incomplete: [] };
  }
}

async function readBenchFacts(directory: string, plan: BenchPlan): Promise<ReadFacts> {
  const requests = await readRows(directory, artifact.requests, requestRowSchema);
  const timeline = await readRows(directory, artifact.timeline, timelineRowSchema);
  return {
    facts: factsOf({ plan, requests: requests.rows, timeline: timeline.rows }),
    incomplete: [
      ...(requests.missing.length > 0
        ? [`a part of ${artifact.requests} is not read: a request that is missing counts as one without a first token`]
        : []),
      ...(timeline.missing.length > 0
        ? [`a part of ${artifact.timeline} is not read: a scrape that is missing counts as not made`]
        : []),
    ],
  };
}

async function readTraceFacts(directory: string, plan: TracePlan, claim: PayloadFacts["claim"]): Promise<ReadFacts> {
  const { rows, missing } = await readRows(directory, artifact.agentTrace, agentTraceRowSchema);
  const nodes = rows.filter((row) => row.event === "node");
  return {
    facts: traceFactsOf({ plan, claim, nodes }),
    incomplete:
      missing.length > 0
        ? [
            `a part of ${artifact.agentTrace} is not read: a model call that is missing counts as one without a first token`,
          ]
        : [],
  };
}
