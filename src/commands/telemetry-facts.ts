/** What a run's payload is worked out from: the numbers in its directory, by the command that made it. */
import { exitCode, UserError } from "../errors.ts";
import { factsOf, type PayloadFacts } from "../posture/payload-facts.ts";
import { rollupFactsOf } from "../posture/payload-rollup-facts.ts";
import { artifact } from "../runs/artifacts.ts";
import { readRows } from "../runs/row-reader.ts";
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import { requestRowSchema } from "../runs/schemas/request.ts";
import type { Run } from "../runs/schemas/run.ts";
import { timelineRowSchema } from "../runs/schemas/timeline.ts";

export interface ReadFacts {
  facts: PayloadFacts;
  /** What keeps them from being of the whole run, one sentence each. */
  incomplete: string[];
}

/** @throws UserError (exit code 3) for a run of a command that has no payload. */
export async function readPayloadFacts(directory: string, { run_id, plan }: Run): Promise<ReadFacts> {
  if (plan.command === "bench") return readBenchFacts(directory, plan);
  if (plan.command === "daemon") return { facts: rollupFactsOf(plan), incomplete: [] };
  throw new UserError(`${run_id} is a run of ${plan.command}, which has no payload`, {
    exitCode: exitCode.cannotRun,
    hint: "name a run of bench or of daemon",
  });
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
