/**
 * `inferguard telemetry verify-payload`: the exact bytes that a run's payload has, or that a pending file holds, and
 * everything that is to be said of them. It works while telemetry is disabled, opens no connection and changes nothing.
 */
import { lstatSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { exitCode, type ExitCode, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import {
  type Candidate,
  type Circumstances,
  type PromptShown,
  verificationOf,
} from "../posture/payload-verification.ts";
import { verificationLines } from "../posture/payload-verification-lines.ts";
import { printable } from "../report/printable.ts";
import { artifact } from "../runs/artifacts.ts";
import { diskTrouble } from "../runs/disk-trouble.ts";
import { findRun } from "../runs/find-run.ts";
import { readSmallFile } from "../runs/read-small-file.ts";
import { parseRunId } from "../runs/run-id.ts";
import { candidateOf, candidateOfRun, pendingRunOf } from "./telemetry-candidate.ts";
import { reasonsAgainst } from "./telemetry-reasons.ts";

export interface VerifyPayloadOptions {
  /** A run id, the start of one, `latest`, the directory of a run, or a pending file. */
  argument: string;
  runsDir: string;
  showPrompts: boolean;
}

/** @throws UserError (exit code 3) when there is nothing that can be read. */
export async function telemetryVerifyPayload(
  options: VerifyPayloadOptions,
): Promise<{ document: string; lines: string[]; exitCode: ExitCode }> {
  const { candidate, circumstances } = isPendingFile(options.argument)
    ? lookAtPendingFile(options)
    : await lookAtRun(options);
  const verification = verificationOf(candidate, circumstances);
  return {
    document: prettyJson(verification),
    lines: verificationLines(verification, (text) => printable(text, Infinity)),
    exitCode: candidate.refusals.length === 0 ? exitCode.ok : exitCode.bad,
  };
}

interface Found {
  candidate: Candidate;
  circumstances: Circumstances;
}

async function lookAtRun({ argument, runsDir, showPrompts }: VerifyPayloadOptions): Promise<Found> {
  const directory = findRun(runsDir, argument);
  const candidate = await candidateOfRun(directory);
  const hasText = isThere(join(directory, artifact.text));
  return {
    candidate,
    circumstances: {
      source: "run",
      ...reasonsAgainst(candidate, pendingRunOf(candidate)),
      hasText,
      incomplete: candidate.incomplete,
      prompts: showPrompts && hasText ? await promptsIn(directory) : null,
    },
  };
}

async function promptsIn(directory: string): Promise<PromptShown[]> {
  const { readPrompts } = await import("./telemetry-prompts.ts");
  return readPrompts(directory);
}

function lookAtPendingFile({ argument }: VerifyPayloadOptions): Found {
  const candidate = candidateOf(readPendingFile(argument));
  return {
    candidate,
    circumstances: {
      source: "pending_file",
      ...reasonsAgainst(candidate, null),
      hasText: null,
      incomplete: [],
      prompts: null,
    },
  };
}

function readPendingFile(path: string): string {
  try {
    return readSmallFile(path, longestPendingBytes).toString();
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${diskTrouble(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "name a run, the directory of one, or a file in uploads-pending",
    });
  }
}

/** A payload has less than 2 KiB. */
const longestPendingBytes = 64 * 1024;

/** A run's id is one even where a file has its name. */
function isPendingFile(argument: string): boolean {
  if (argument === "latest" || parseRunId(argument) !== null) return false;
  try {
    return statSync(resolve(argument)).isFile();
  } catch {
    // Whatever is in the way, the search for a run says it better.
    return false;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
