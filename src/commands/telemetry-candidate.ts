/**
 * The candidate payload of a run, from nothing but what is in its directory: the same bytes each time, equal to those of
 * the pending file. It works whatever the telemetry state is, and changes nothing.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { payloadSchemaHash } from "../posture/payload-schema.ts";
import { refusalsFor } from "../posture/payload-tripwire.ts";
import type { Candidate } from "../posture/payload-verification.ts";
import { contentOf, payloadText, readPayload, spentMilli } from "../posture/payload.ts";
import type { PendingPayload } from "../posture/pending.ts";
import type { PendingRun } from "../posture/pending-rule.ts";
import { seedBytes, seedStreams } from "../posture/seed-streams.ts";
import { artifact } from "../runs/artifacts.ts";
import { readSmallFile } from "../runs/read-small-file.ts";
import type { Run } from "../runs/schemas/run.ts";
import { readRunFacts } from "./telemetry-run-facts.ts";

export interface RunCandidate extends Candidate {
  run: Run;
  /** Tells this run from others, and nothing of it: made of its seed, which nobody can guess as they can its id. */
  runDigest: string;
  /** What keeps it from being of the whole run, one sentence each. */
  incomplete: string[];
}

/** @throws UserError (exit code 3) when the directory holds no run that can be read. */
export async function candidateOfRun(directory: string): Promise<RunCandidate> {
  const { run, facts, incomplete } = await readRunFacts(directory);
  const seed = readSeed(directory);
  const streamOf = seed === null ? null : seedStreams(seed);
  const content = contentOf(
    facts,
    // A release with another schema draws other noise, so that no two payloads can be set against each other.
    streamOf === null ? null : (field) => streamOf(`${payloadSchemaHash}/${facts.kind}/${field}`),
  );
  return {
    ...candidateOf(payloadText(content)),
    run,
    runDigest: createHash("sha256")
      .update("inferguard-run-digest/v1\0")
      .update(seed ?? run.run_id)
      .digest("hex"),
    incomplete: [
      ...(run.status === "running" ? ["the run is not over: its payload will be another one"] : []),
      ...incomplete,
    ],
  };
}

/** What the ledger and the rule for pending payloads want to know of it. */
export function pendingRunOf({ run, runDigest, sha256, content }: RunCandidate): PendingRun {
  const spent = content === null ? { row: 0, run: 0 } : spentMilli(content.outcomes);
  return {
    run_digest: runDigest,
    payload_sha256: sha256,
    started_at: run.started_at,
    row_epsilon_milli: spent.row,
    run_epsilon_milli: spent.run,
  };
}

/** What is to be written of it while consent is in force. @throws Error for a payload that is refused, which is a bug */
export function pendingPayloadOf(candidate: RunCandidate): PendingPayload {
  const { text, content, refusals } = candidate;
  if (content === null || refusals.length > 0) throw new Error("a payload that is refused is not to be written");
  const { payload_sha256: _, ...run } = pendingRunOf(candidate);
  return { text, kind: content.kind, ...run };
}

/** Of these bytes, wherever they come from. */
export function candidateOf(text: string): Candidate {
  return {
    text,
    sha256: createHash("sha256").update(text).digest("hex"),
    content: readPayload(text),
    refusals: refusalsFor(text),
  };
}

/** Null when it is not there, cannot be read or is not as long as a seed: then there is no noise, and no value. */
function readSeed(directory: string): Uint8Array | null {
  try {
    const bytes = readSmallFile(join(directory, artifact.noiseSeed), seedBytes);
    return bytes.length === seedBytes ? bytes : null;
  } catch {
    return null;
  }
}
