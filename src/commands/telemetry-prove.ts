/**
 * `inferguard telemetry prove`: runs another command of this program while something stronger than this program watches
 * what it reaches, and says what that was, by the flag that allowed it. It writes the proof as a statement to share.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { wallClock } from "../clock.ts";
import { type ExitCode, exitCode, messageOf, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import type { Authority } from "../net/authority.ts";
import { openGate, type ResolveOverride } from "../net/gate.ts";
import { claims, type Proof, type Skipped, type Tier, tiers } from "../net/prove/proof.ts";
import { prove } from "../net/prove/prove.ts";
import { attestationSchema } from "../posture/attestation-schema.ts";
import { attestationOf } from "../posture/attestation.ts";
import { newRunId } from "../runs/run-id.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import { version } from "../version.ts";
import { egressRecordOf } from "./bench/egress.ts";
import { proofLines } from "./telemetry-prove/lines.ts";

export interface ProveOptions {
  /** This program's own file. */
  bin: string;
  command: {
    /** Its words, without the values of its flags. */
    name: string;
    args: readonly string[];
    authorities: readonly Authority[];
    resolve: readonly ResolveOverride[];
  };
  /** Null: the strongest that there is here. */
  tier: Tier | null;
  reveal: boolean;
  /** Null: a name of its own in the current directory. */
  attestationFile: string | null;
  signal: AbortSignal;
  /** What this program itself reached meanwhile: look-ups, and the connections of an airlock. */
  egress(this: void, record: EgressRecord): void;
}

export interface ProveResult {
  /** The statement, as it was written. */
  document: string;
  lines: string[];
  exitCode: ExitCode;
}

/** @throws UserError (exit code 3) when no tier that was asked for is to be had here, or the statement cannot be written. */
export async function telemetryProve(options: ProveOptions): Promise<ProveResult> {
  const { command, tier, reveal, bin } = options;
  const startedAt = wallClock();
  const gate = openGate({ resolve: command.resolve });
  const { proof, skipped } = await prove(gate, {
    bin,
    ...command,
    tiers: tier === null ? tiers.toReversed() : [tier],
    signal: options.signal,
  }).finally(() => {
    gate.close();
    options.egress(egressRecordOf(gate));
  });
  if (proof === null) throw notAvailable(skipped);
  const attestation = attestationOf(
    {
      ...proof,
      files: filesBeside(bin),
      version,
      claim: claims[proof.tier],
      watched: proof.isWatched,
      authorised: command.authorities,
      command: { name: command.name, flags: flagsIn(command.args) },
      exit: proof.end,
      startedAt: startedAt.toISOString(),
      finishedAt: wallClock().toISOString(),
    },
    reveal,
  );
  const document = prettyJson(attestationSchema.parse(attestation));
  const path = options.attestationFile ?? `inferguard-${newRunId("proof", startedAt)}.intoto.json`;
  await write(path, document);
  return {
    document,
    lines: proofLines({ proof, skipped, path, reveal, command: command.name }),
    exitCode: exitCodeOf(proof),
  };
}

/** 0 for nothing less than was asked. */
function exitCodeOf({ verdict }: Proof): ExitCode {
  if (verdict === "PASS") return exitCode.ok;
  return verdict === "FAIL" ? exitCode.bad : exitCode.cannotRun;
}

function notAvailable(skipped: readonly Skipped[]): UserError {
  const reasons = skipped.map(({ tier, reason }) => `${tier}: ${reason}`).join("; ");
  return new UserError(`nothing was proved, and the command did not run: ${reasons}`, {
    exitCode: exitCode.cannotRun,
    hint: "leave --tier out, and the strongest tier that there is here is taken, and named",
  });
}

/** What ran: every file of the build, or of the folder of another program. */
function filesBeside(bin: string): { name: string; sha256: string }[] {
  const folder = dirname(bin);
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return entries
    .map(({ name }) => name)
    .sort()
    .map((name) => ({
      name: `${basename(folder)}/${name}`,
      sha256: createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    }));
}

/** `--endpoint`, `--json`: their values can be anything, a key in a header included. */
function flagsIn(args: readonly string[]): string[] {
  return args.filter((arg) => /^--[a-z]/.test(arg)).map((arg) => arg.replace(/=.*$/s, ""));
}

async function write(path: string, document: string): Promise<void> {
  try {
    await writeFile(path, document);
  } catch (error) {
    throw new UserError(`the statement cannot be written to ${path}: ${messageOf(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "name another file with --attestation",
      cause: error,
    });
  }
}
