/**
 * Payloads on disk, in `uploads-pending/` with 0700 and 0600. Nothing sends them: they are there to be read by a person.
 * A file is named by the number of its entry in the ledger, which says nothing of the run.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../clock.ts";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { lookAtConsentFiles } from "./consent-files.ts";
import { withLedger } from "./ledger.ts";
import type { Environment } from "./overrides.ts";
import { type PendingDenial, pendingDenial, releaseOf } from "./pending-rule.ts";
import { lookAt } from "../private/entry.ts";
import { createPrivateFile, makePrivateDirectory } from "../private/file.ts";
import { findPrivateFolder, type PrivateFolder } from "./private-folder.ts";
import { telemetryState } from "./state.ts";
import type { PayloadKind } from "./payload-fields.ts";

export interface PendingPayload {
  /** The exact bytes. */
  text: string;
  kind: PayloadKind;
  /** A hash that tells this run from others, and nothing else of it. */
  run_digest: string;
  /** `started_at` of its run.json. */
  started_at: string;
  row_epsilon_milli: number;
  run_epsilon_milli: number;
}

export type PendingResult = { written: true; path: string; shown: string } | { written: false; denial: PendingDenial };

/**
 * Writes the payload of one run, its entry in the ledger first, so that a crash can only count too much. While consent is
 * not in force nothing is created. Writing the same payload of the same run again changes nothing.
 * @throws UserError (exit code 3) when the folder or the ledger cannot be written
 */
export async function writePendingPayload(
  environment: Environment,
  payload: PendingPayload,
  now: Date = wallClock(),
): Promise<PendingResult> {
  const { text, kind, ...facts } = payload;
  const run = { ...facts, payload_sha256: createHash("sha256").update(text).digest("hex") };
  const denialNow = () => {
    const files = lookAtConsentFiles(environment);
    return pendingDenial(telemetryState(environment, files, now), files.ledger.entries, run, now);
  };
  const folder = findPrivateFolder(environment);
  const denial = denialNow();
  if (denial !== null || folder === null) return { written: false, denial: denial ?? nowhere };
  return withLedger(
    folder,
    (ledger): PendingResult => {
      // Once more, while nobody else writes: `disable` may have come in between, or another run spent the budget.
      const late = denialNow();
      if (late !== null) return { written: false, denial: late };
      const { started_at: _, ...spent } = run;
      const entry = releaseOf(ledger.entries, run) ?? ledger.append({ kind: "release", payload_kind: kind, ...spent });
      return { written: true, ...writeFile(folder, `${entry.index}.json`, text) };
    },
    { now },
  );
}

/** Names of files in `uploads-pending/`, in the order of the ledger. */
export function listPending(folder: PrivateFolder): string[] {
  const path = pendingPath(folder);
  if (lookAt(path).is !== "directory") return [];
  return readdirSync(path).toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}

/** Whatever is in the folder's place is not followed. @returns how many are gone, and what could not be deleted */
export function deletePending(folder: PrivateFolder): { deleted: number; left: string[] } {
  const path = pendingPath(folder);
  const { is } = lookAt(path);
  if (is === "absent") return { deleted: 0, left: [] };
  if (is !== "directory") return { deleted: 0, left: [`${folder.shown}/${directoryName} is no directory`] };
  const left: string[] = [];
  let deleted = 0;
  for (const name of readdirSync(path))
    try {
      rmSync(join(path, name), { recursive: true });
      deleted++;
    } catch (error) {
      left.push(`an entry of ${folder.shown}/${directoryName}: ${systemErrorCode(error) ?? "unknown"}`);
    }
  return { deleted, left };
}

const directoryName = "uploads-pending";

const nowhere: PendingDenial = { code: "Denied:Default", text: "the environment names no folder" };

function pendingPath(folder: PrivateFolder): string {
  return join(folder.path, directoryName);
}

function writeFile(folder: PrivateFolder, name: string, text: string): { path: string; shown: string } {
  const directory = pendingPath(folder);
  makePrivateDirectory(directory);
  const entry = lookAt(directory);
  if (entry.is !== "directory" || !entry.isOwn || entry.mode !== 0o700)
    throw new UserError(`${folder.shown}/${directoryName} is not a directory of this user's with the mode 0700`, {
      exitCode: exitCode.cannotRun,
      hint: "move it away: it is made anew",
    });
  const path = join(directory, name);
  if (!existsSync(path)) createPrivateFile(directory, name, text);
  return { path, shown: `${folder.shown}/${directoryName}/${name}` };
}
