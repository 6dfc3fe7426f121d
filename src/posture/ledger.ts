/**
 * The ledger of what was decided about telemetry and of every payload that was written: `ledger.jsonl`, to which lines are
 * only added. Reading it changes nothing. A ledger that does not read as a whole is added to by nobody.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync } from "node:fs";
import { wallClock } from "../clock.ts";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { type Chain, headOf } from "./ledger-chain.ts";
import { encodeEntry, type LedgerEntry, type LedgerFact, noHash, sealEntry, sha256 } from "./ledger-entry.ts";
import { hasLedgerAside, openLedgerFile, readLedger, setLedgerAside } from "./ledger-file.ts";
import { keyAt, type LedgerKey, readLedgerKey, writeLedgerKey } from "./ledger-key.ts";
import { claimTurn, removeClaims } from "./ledger-lock.ts";
import { makePrivateDirectory, syncDirectory, writeWhole } from "../private/file.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { secondOf } from "./private-record.ts";

/** The ledger while this process alone uses it. */
export interface OpenLedger {
  readonly entries: readonly LedgerEntry[];
  /** Durable when it returns. */
  append(fact: LedgerFact): LedgerEntry;
  /** What verifies the MACs, in hexadecimal; null unless this use started the ledger. Nothing keeps it. */
  readonly seed: string | null;
}

export interface LedgerUse {
  now?: Date;
  /** A damaged ledger is set aside under another name and a new one started, instead of an error. */
  setDamagedAside?: boolean;
}

/**
 * Lets `use` read and append, while no other process does. It starts the ledger, and makes its folder, where there is none.
 * @throws UserError (exit code 3) when the ledger is damaged or in use, or cannot be written.
 */
export async function withLedger<T>(
  folder: PrivateFolder,
  use: (ledger: OpenLedger) => T,
  options: LedgerUse = {},
): Promise<T> {
  try {
    makePrivateDirectory(folder.path);
    const turn = await claimTurn(folder.path, () => turnOf(folder.path));
    return useInTurn(folder, turn, use, options);
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof UserError || code === undefined) throw error;
    throw new UserError(`the ledger in ${folder.shown} cannot be written: ${code}`, {
      exitCode: exitCode.cannotRun,
      hint: "see who owns the folder, and whether its disk is full",
    });
  }
}

/** @throws as `withLedger` */
export async function appendLedger(folder: PrivateFolder, fact: LedgerFact): Promise<LedgerEntry> {
  return withLedger(folder, (ledger) => ledger.append(fact));
}

/** Ends the turn on every path, so that no claim of this process stands in the way of the next. */
function useInTurn<T>(folder: PrivateFolder, turn: number, use: (ledger: OpenLedger) => T, options: LedgerUse): T {
  const chain = readLedger(folder.path);
  if (chain.damage !== null && options.setDamagedAside !== true) {
    endTurn(folder.path, turn, readLedgerKey(folder.path));
    throw damageError(folder, chain.damage.text);
  }
  if (chain.damage !== null) setLedgerAside(folder.path);
  return useWhole(folder.path, turn, chain.damage === null ? chain : { entries: [], tornBytes: 0 }, use, options.now);
}

function useWhole<T>(
  folderPath: string,
  turn: number,
  { entries: found, tornBytes }: Pick<Chain, "entries" | "tornBytes">,
  use: (ledger: OpenLedger) => T,
  now = wallClock(),
): T {
  const isNew = found.length === 0;
  const known = isNew ? "absent" : readLedgerKey(folderPath);
  const key = typeof known === "string" ? { v: 1 as const, turn, i: 0, key: randomBytes(32).toString("hex") } : known;
  // Before the first entry, so that no entry is without a key.
  if (isNew) writeLedgerKey(folderPath, key);
  const entries = [...found];
  const file = openLedgerFile(folderPath, tornBytes);
  const append = (fact: LedgerFact): LedgerEntry => {
    const prev = headOf({ entries }) ?? noHash;
    const body = { ...fact, at: secondOf(now) };
    const entry = sealEntry(entries.length, prev, body, keyAt(entries.length, key));
    writeWhole(file, Buffer.from(encodeEntry(entry, prev)));
    fsyncSync(file);
    entries.push(entry);
    return entry;
  };
  try {
    if (isNew) {
      const follows = hasLedgerAside(folderPath) ? "damaged-ledger" : "nothing";
      append({ kind: "ledger-started", seed_sha256: sha256(Buffer.from(key.key, "hex")), follows });
      syncDirectory(folderPath);
    }
    return use({ entries, append, seed: isNew ? key.key : null });
  } finally {
    closeSync(file);
    const { length } = entries;
    endTurn(folderPath, turn, { ...key, i: length, key: keyAt(length, key).toString("hex") });
  }
}

function endTurn(folderPath: string, turn: number, key: LedgerKey | string): void {
  if (typeof key !== "string") writeLedgerKey(folderPath, { ...key, turn: turn + 1 });
  removeClaims(folderPath, turn);
}

function turnOf(folderPath: string): number {
  const key = readLedgerKey(folderPath);
  return typeof key === "string" ? 0 : key.turn;
}

function damageError(folder: PrivateFolder, text: string): UserError {
  return new UserError(`the ledger in ${folder.shown} is damaged: ${text}`, {
    exitCode: exitCode.cannotRun,
    hint: "`inferguard telemetry disable` sets it aside and starts a new one",
  });
}
