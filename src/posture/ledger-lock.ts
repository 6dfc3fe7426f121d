/**
 * One process at a time uses the ledger, even after another was killed while it did. Node has no lock that the kernel
 * takes back, so a use is claimed by creating a symbolic link, which is exclusive and names its holder in one step:
 * `ledger.claim.<turn>.<attempt>`.
 *
 * - The turn is the number in the key file; it grows at the end of each use, and a claim counts only while it is the
 *   turn's. So a process that was stopped between looking and claiming finds that its claim is void.
 * - Within a turn no claim is removed. Attempt n+1 may be made only when the holder of attempt n is dead, and the dead do
 *   not come back. So a dead holder is succeeded by exactly one, however many try.
 */
import { readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { monotonicMs, sleep } from "../clock.ts";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { ownHolder, stateOfHolder } from "../private/holder.ts";

/** A use takes milliseconds. A holder that cannot be told alive or dead (of another container, say) is waited for so long. */
const unknownHolderMs = 10_000;
const longestWaitMs = 20_000;
const pollMs = 4;

/**
 * Resolves to the turn, once it is this process's. The caller ends it by making `readTurn` grow, and then calls
 * `removeClaims`.
 * @throws UserError (exit code 3) when another process does not end its use.
 */
export async function claimTurn(folderPath: string, readTurn: () => number): Promise<number> {
  const startedMs = monotonicMs();
  let waitingFor = { claim: "", sinceMs: startedMs };
  while (monotonicMs() - startedMs < longestWaitMs) {
    const turn = readTurn();
    const { path, holder, attempt } = lastClaim(folderPath, turn);
    if (path !== waitingFor.claim) waitingFor = { claim: path, sinceMs: monotonicMs() };
    const waitedMs = monotonicMs() - waitingFor.sinceMs;
    if (holder === null || isGone(holder, waitedMs)) {
      const next = claimPath(folderPath, turn, holder === null ? attempt : attempt + 1);
      if (tryClaim(next)) {
        if (readTurn() === turn) return turn;
        rmSync(next, { force: true });
      }
      continue;
    }
    await sleep(pollMs);
  }
  throw new UserError("the ledger is in use by another process, which does not end", {
    exitCode: exitCode.cannotRun,
    hint: "see whether another inferguard is running, and try again",
  });
}

/** Of this turn and of those before it, whose holders may have been killed before they could. */
export function removeClaims(folderPath: string, turn: number): void {
  for (const name of readdirSync(folderPath)) {
    const match = /^ledger\.claim\.(\d+)\.\d+$/.exec(name);
    if (match !== null && Number(match[1]) <= turn) rmSync(join(folderPath, name), { force: true });
  }
}

/** The first attempt that nobody has made yet, or the last one, with its holder. */
function lastClaim(folderPath: string, turn: number): { path: string; holder: string | null; attempt: number } {
  let last: { path: string; holder: string | null; attempt: number } | null = null;
  for (let attempt = 0; ; attempt++) {
    const path = claimPath(folderPath, turn, attempt);
    const holder = readHolder(path);
    if (holder === null) return last ?? { path, holder, attempt };
    last = { path, holder, attempt };
  }
}

function isGone(holder: string, waitedMs: number): boolean {
  const state = stateOfHolder(holder);
  return state === "dead" || (state === "unknown" && waitedMs > unknownHolderMs);
}

function tryClaim(path: string): boolean {
  try {
    symlinkSync(ownHolder(), path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

function readHolder(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return null;
    // Something that is no claim of ours, in its place: nobody can be told from it.
    if (code === "EINVAL") return "";
    throw error;
  }
}

function claimPath(folderPath: string, turn: number, attempt: number): string {
  return join(folderPath, `ledger.claim.${turn}.${attempt}`);
}
