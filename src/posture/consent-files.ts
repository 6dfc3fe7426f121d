/**
 * What lies in the configuration folder, as far as the state of telemetry depends on it. Nothing is created or changed,
 * no link is followed but on the way to the folder, and neither a pipe nor a file of any size can hold this up: only a
 * token and a ledger that are kept as they have to be are read, and only up to a limit.
 */
import { opendirSync } from "node:fs";
import { join } from "node:path";
import { decodeGrant, type Grant, longestGrantBytes } from "./consent-grant.ts";
import type { Chain } from "./ledger-chain.ts";
import { readLedger } from "./ledger-file.ts";
import type { Environment } from "./overrides.ts";
import { type Entry, isAbsence, lookAt } from "../private/entry.ts";
import { readPrivateFile } from "../private/file.ts";
import { findPrivateFolder, type ShownFolder } from "./private-folder.ts";
import { type WayStep, wayTo } from "./private-way.ts";
import { brokenTokenRule, brokenWayRule } from "./token-rule.ts";

export interface ConsentFiles {
  /** How a person writes the folder's path; null when the environment names none. */
  folder: ShownFolder | null;
  way: WayStep[];
  token: Entry;
  /** What the token's file says; null when it was not read, or is not a grant. */
  grant: Grant | null;
  ledger: Chain;
  /** Entries of uploads-pending/; counting stops at `mostPending`. Null when they cannot be counted. */
  pending: number | null;
}

export const mostPending = 1000;

export function lookAtConsentFiles(environment: Environment): ConsentFiles {
  const folder = findPrivateFolder(environment);
  if (folder === null)
    return { folder: null, way: [], token: { is: "absent" }, grant: null, ledger: noLedger, pending: 0 };
  const way = wayTo(folder);
  return {
    folder: folder.shown,
    way,
    ...readToken(folder.shown, way, join(folder.path, "secrets", "consent.token")),
    ledger: readLedger(folder.path),
    pending: countPending(join(folder.path, "uploads-pending")),
  };
}

const noLedger: Chain = { entries: [], tornBytes: 0, damage: null };

function readToken(shown: ShownFolder, way: readonly WayStep[], path: string): Pick<ConsentFiles, "token" | "grant"> {
  const secrets = way.at(-1)?.entry;
  if (secrets === undefined || secrets.is === "absent") return { token: { is: "absent" }, grant: null };
  // A link in the place of the directory is not followed, so what is behind it is not known.
  const token: Entry = secrets.is === "directory" ? lookAt(path) : { is: "unknown" };
  const isKeptWell = (entry: Entry) => brokenWayRule(shown, way) === null && brokenTokenRule(shown, entry) === null;
  if (token.is === "absent" || !isKeptWell(token)) return { token, grant: null };
  try {
    // What was opened counts, and not what was seen before.
    const { entry, bytes } = readPrivateFile(path, longestGrantBytes, isKeptWell);
    return { token: entry, grant: bytes === null ? null : decodeGrant(bytes) };
  } catch (error) {
    return { token: { is: isAbsence(error) ? "absent" : "unknown" }, grant: null };
  }
}

function countPending(path: string): number | null {
  const entry = lookAt(path);
  if (entry.is === "absent") return 0;
  if (entry.is !== "directory") return null;
  try {
    const directory = opendirSync(path);
    try {
      let count = 0;
      while (count < mostPending && directory.readSync() !== null) count++;
      return count;
    } finally {
      directory.closeSync();
    }
  } catch (error) {
    return isAbsence(error) ? 0 : null;
  }
}
