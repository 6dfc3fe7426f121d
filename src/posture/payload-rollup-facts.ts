/**
 * What a payload of a daemon's run may be worked out from: how many GPUs a flag declares, and nothing else. Scrapes are no
 * rows of anybody, so there is no unit that noise could protect.
 */
import type { DaemonPlan } from "../runs/schemas/daemon-plan.ts";
import type { PayloadFacts } from "./payload-facts.ts";

export function rollupFactsOf({ gpus }: DaemonPlan): PayloadFacts {
  return {
    ...{ kind: "metrics-rollup", claim: "measured", table: null, cliff: null, isSweep: false },
    ...{ hasKvUsage: false, asksForUsage: false, gpus },
  };
}
