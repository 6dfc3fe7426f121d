/**
 * The key of the ledger's next MAC, and nothing of the keys before it: K(i+1) = HMAC-SHA-256(K(i), "next"). Whoever gets
 * hold of the machine later can write new entries, but not change old ones so that they fit the seed, which is shown once
 * and kept elsewhere. The file is replaced at the end of each use; what the disk's controller keeps of its old blocks
 * is out of our hands.
 */
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { canonicalJson } from "../json.ts";
import { type Entry, isAbsence } from "../private/entry.ts";
import { readPrivateFile, replacePrivateFile } from "../private/file.ts";
import { hasShape, isCount, isHash, isOneOf, type Shaped } from "./private-record.ts";

export const keyFileName = "ledger.key";

const shape = {
  v: isOneOf(1),
  /** How many uses of the ledger there have been: it only grows, even when a damaged ledger is set aside. */
  turn: isCount,
  /** The number of the entry that `key` is for. It may be behind the ledger by what was written before a crash. */
  i: isCount,
  key: isHash,
};
export type LedgerKey = Shaped<typeof shape>;

/** `broken`: there is something, and it is no key file that is kept as it has to be. */
export function readLedgerKey(folderPath: string): LedgerKey | "absent" | "broken" {
  try {
    const { bytes } = readPrivateFile(join(folderPath, keyFileName), 1024, isKeptWell);
    const value: unknown = bytes === null ? null : JSON.parse(bytes.toString("utf8"));
    return hasShape(value, shape) ? value : "broken";
  } catch (error) {
    return isAbsence(error) ? "absent" : "broken";
  }
}

export function writeLedgerKey(folderPath: string, key: LedgerKey): void {
  replacePrivateFile(folderPath, keyFileName, canonicalJson(key));
}

/** The key of entry `index`, from that of an earlier one. */
export function keyAt(index: number, from: { i: number; key: string }): Buffer {
  let key = Buffer.from(from.key, "hex");
  for (let i = from.i; i < index; i++) key = createHmac("sha256", key).update("next").digest();
  return key;
}

function isKeptWell(entry: Entry): boolean {
  return entry.is === "file" && entry.isOwn && entry.mode === 0o600 && entry.links === 1;
}
