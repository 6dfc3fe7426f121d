/**
 * `ledger.jsonl` as a file: read without changing anything, opened for adding lines, or set aside. Like all private files
 * it is a regular file of the user's with one name and the mode 0600, or nothing is read from it or added to it.
 */
import { closeSync, constants, existsSync, fchmodSync, fstatSync, ftruncateSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { type Chain, type Damage, readChain } from "./ledger-chain.ts";
import { keyFileName, readLedgerKey } from "./ledger-key.ts";
import { type Entry, entryOf, isAbsence } from "../private/entry.ts";
import { makePrivateDirectory, readPrivateFile } from "../private/file.ts";

/** Some 40,000 entries. */
const longestLedgerBytes = 16 * 1024 * 1024;

/** Never throws: what cannot be read is damaged. */
export function readLedger(folderPath: string): Chain {
  // First the key, because it may be behind the ledger and never before it.
  const key = readLedgerKey(folderPath);
  const chain = readFile(join(folderPath, fileName));
  if (chain.damage !== null) return chain;
  const { length } = chain.entries;
  if (key === "broken") return damaged(chain, "key-broken", "ledger.key is not the key of a ledger");
  if (key === "absent") return length === 0 ? chain : damaged(chain, "key-missing", "ledger.key is missing");
  if (key.i > length)
    return damaged(chain, "entries-missing", `${key.i - length} entries are missing at the end: it was cut or removed`);
  return chain;
}

const fileName = "ledger.jsonl";

function readFile(path: string): Chain {
  const nothing = { entries: [], tornBytes: 0, damage: null };
  try {
    const { entry, sizeBytes, bytes } = readPrivateFile(
      path,
      longestLedgerBytes,
      (open) => ruleBrokenBy(open) === null,
    );
    const broken = ruleBrokenBy(entry);
    if (broken !== null) return damaged(nothing, "unreadable", broken);
    if (bytes === null)
      return damaged(nothing, "too-long", `ledger.jsonl is ${sizeBytes} bytes long, too long to be read`);
    return readChain(bytes);
  } catch (error) {
    if (isAbsence(error)) return nothing;
    return damaged(nothing, "unreadable", `ledger.jsonl cannot be read: ${systemErrorCode(error) ?? "unknown"}`);
  }
}

function ruleBrokenBy(entry: Entry): string | null {
  if (entry.is !== "file") return "ledger.jsonl is not a regular file";
  if (!entry.isOwn) return "ledger.jsonl belongs to another user";
  if (entry.mode !== 0o600) return "ledger.jsonl must have the mode 0600";
  return entry.links === 1 ? null : "ledger.jsonl has a second name";
}

/** What stands behind the last newline is no entry, and is taken away before the next one is written. */
export function openLedgerFile(folderPath: string, tornBytes: number): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const path = join(folderPath, fileName);
  const open = (flags: number) => openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | flags, 0o600);
  let file: number;
  try {
    file = open(O_CREAT | O_EXCL);
    fchmodSync(file, 0o600);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
    file = open(0);
  }
  const stats = fstatSync(file);
  const broken = ruleBrokenBy(entryOf(stats));
  if (broken === null) {
    if (tornBytes > 0) ftruncateSync(file, stats.size - tornBytes);
    return file;
  }
  closeSync(file);
  throw new UserError(broken, { exitCode: exitCode.cannotRun });
}

/** In a directory of its own. Nothing is lost, and the new ledger says that it follows a damaged one. */
export function setLedgerAside(folderPath: string): void {
  let number = 1;
  while (existsSync(setAsidePath(folderPath, number))) number++;
  const directory = setAsidePath(folderPath, number);
  makePrivateDirectory(directory);
  for (const name of [fileName, keyFileName]) moveIfThere(join(folderPath, name), join(directory, name));
}

/** Whether a ledger was ever set aside here. */
export function hasLedgerAside(folderPath: string): boolean {
  return existsSync(setAsidePath(folderPath, 1));
}

function setAsidePath(folderPath: string, number: number): string {
  return join(folderPath, `ledger.damaged-${number}`);
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

function damaged(chain: Chain, code: Damage["code"], text: string): Chain {
  return { ...chain, damage: { code, text } };
}
