/**
 * A run and what its payload is worked out from. A bench that is over and sound, as nearly all are, is read without zod;
 * any other by what reads it for certain, and both come to the same.
 */
import { factsOf } from "../posture/payload-facts.ts";
import type { Run } from "../runs/schemas/run.ts";
import { readSureBench } from "../runs/sure-bench.ts";
import type { ReadFacts } from "./telemetry-facts.ts";

/** @throws UserError (exit code 3) when the directory holds no run that can be read, or one that has no payload. */
export async function readRunFacts(directory: string): Promise<ReadFacts & { run: Run }> {
  const sure = readSureBench(directory);
  if (sure !== null) {
    const { run, requests, timeline } = sure;
    return { run, facts: factsOf({ plan: run.plan, requests, timeline }), incomplete: [] };
  }
  const { readManifest } = await import("../runs/run-manifest.ts");
  const { readPayloadFacts } = await import("./telemetry-facts.ts");
  const run = await readManifest(directory);
  return { run, ...(await readPayloadFacts(directory, run)) };
}
