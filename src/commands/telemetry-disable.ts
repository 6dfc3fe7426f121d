/**
 * `inferguard telemetry disable`: says no, whatever there is. The ledger keeps that it was said, the consent token and
 * the pending payloads are deleted. It opens no connection, and nobody is told.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { withLedger } from "../posture/ledger.ts";
import { headOf } from "../posture/ledger-chain.ts";
import { readEnvironment } from "../posture/overrides.ts";
import { deletePending, listPending } from "../posture/pending.ts";
import { lookAt } from "../private/entry.ts";
import { findPrivateFolder, inShell, type PrivateFolder } from "../posture/private-folder.ts";
import { wayTo } from "../posture/private-way.ts";
import { lastDecision } from "../posture/state.ts";
import { brokenWayRule } from "../posture/token-rule.ts";

/** @throws UserError (exit code 3) when it cannot be put down that no was said. What can be deleted is, all the same. */
export async function disableTelemetry(options: {
  keepPending: boolean;
}): Promise<{ document: string; lines: string[]; warnings: string[] }> {
  const folder = ownFolder();
  const remove = () => removeFiles(folder, options.keepPending);
  try {
    // The tombstone first: a token that is left after a crash is then off.
    const done = await withLedger(
      folder,
      ({ entries, append, seed }) => {
        const wasDisabled = lastDecision(entries)?.kind === "consent-withdrawn";
        if (!wasDisabled) append({ kind: "consent-withdrawn" });
        return { wasDisabled, seed, head: headOf({ entries: [...entries] }), ...remove() };
      },
      { setDamagedAside: true },
    );
    return answer(folder, done);
  } catch (error) {
    remove();
    throw error;
  }
}

interface Done extends Removed {
  wasDisabled: boolean;
  seed: string | null;
  head: string | null;
}

interface Removed {
  tokenDeleted: boolean;
  pendingDeleted: number;
  pendingKept: number;
  /** What could not be deleted, one clause each. */
  left: string[];
}

function removeFiles(folder: PrivateFolder, keepPending: boolean): Removed {
  const token = deleteToken(folder);
  const pending = keepPending ? { deleted: 0, left: [] } : deletePending(folder);
  return {
    tokenDeleted: token.deleted,
    pendingDeleted: pending.deleted,
    pendingKept: listPending(folder).length,
    left: [...token.left, ...pending.left],
  };
}

/** A link in the place of `secrets` is not followed: what is behind it may be anybody's. */
function deleteToken(folder: PrivateFolder): { deleted: boolean; left: string[] } {
  const secrets = join(folder.path, "secrets");
  const path = join(secrets, "consent.token");
  const { is } = lookAt(secrets);
  if (is === "absent") return { deleted: false, left: [] };
  if (is !== "directory") return { deleted: false, left: [`${inShell(folder.shown, "secrets")} is no directory`] };
  if (lookAt(path).is === "absent") return { deleted: false, left: [] };
  try {
    rmSync(path);
    return { deleted: true, left: [] };
  } catch (error) {
    const why = systemErrorCode(error) ?? "unknown";
    return { deleted: false, left: [`${inShell(folder.shown, "secrets/consent.token")}: ${why}`] };
  }
}

function ownFolder(): PrivateFolder {
  const folder = findPrivateFolder(readEnvironment());
  if (process.geteuid === undefined) throw alreadyOff("this system's files have no owner and no mode");
  if (folder === null) throw alreadyOff("neither XDG_CONFIG_HOME nor HOME names a folder");
  const home = wayTo(folder).filter(({ role }) => role === "home");
  const broken = brokenWayRule(folder.shown, home);
  if (broken !== null) throw alreadyOff(broken.text);
  return folder;
}

function alreadyOff(why: string): UserError {
  return new UserError(`telemetry is off, and that you said no cannot be put down: ${why}`, {
    exitCode: exitCode.cannotRun,
    hint: "run it as the user whose home this is",
  });
}

function answer(folder: PrivateFolder, done: Done): { document: string; lines: string[]; warnings: string[] } {
  const { wasDisabled, seed, head, tokenDeleted, pendingDeleted, pendingKept, left } = done;
  return {
    document: prettyJson({
      schema: "inferguard-telemetry-disable/v1",
      state: "disabled",
      was_disabled: wasDisabled,
      token_deleted: tokenDeleted,
      pending_deleted: pendingDeleted,
      pending_kept: pendingKept,
      left,
      ledger: { head, seed },
    }),
    lines: [
      wasDisabled ? "Telemetry was disabled already, and is." : "Telemetry is disabled.",
      tokenDeleted ? "The consent token was deleted." : "There was no consent token to delete.",
      `Pending payloads: ${pendingDeleted} deleted, ${pendingKept} kept.`,
      `${folder.shown}/ledger.jsonl says that you said no. Nothing was sent.`,
      ...(head === null ? [] : [`Ledger head: ${head}`]),
      ...(seed === null ? [] : [`Ledger seed, shown this once: ${seed}`]),
    ],
    warnings: left.map((what) => `not deleted, and without effect: ${what}`),
  };
}
