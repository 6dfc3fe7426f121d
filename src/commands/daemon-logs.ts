/** `inferguard daemon logs`: the daemon's log, also that of one that is gone; it reads files and connects to nothing. */
import { type FileHandle, open } from "node:fs/promises";
import { constants } from "node:fs";
import { join } from "node:path";
import { sleep } from "../clock.ts";
import { hasControlDirectory } from "../daemon/control-directory.ts";
import { fullLogName, logName } from "../daemon/log.ts";
import { exitCode, systemErrorCode, UserError } from "../errors.ts";
import { printableLines } from "../report/printable.ts";

const pollMs = 250;

/**
 * Writes what is in the log, the older file first; then, with `follow`, what comes, until `signal` aborts.
 * @throws UserError (exit code 3) when there is none
 */
export async function daemonLogs(
  directory: string,
  { follow, signal, write }: { follow: boolean; signal: AbortSignal; write(this: void, text: string): void },
): Promise<void> {
  if (!hasControlDirectory(directory)) throw noLog(directory);
  const older = await openLogFile(join(directory, fullLogName));
  if (older !== null) {
    await copy(older, 0, write);
    await older.close();
  }
  const file = await openLogFile(join(directory, logName));
  if (file === null) throw noLog(directory);
  try {
    for (let offset = 0; ; await sleep(pollMs, signal)) {
      const { size } = await file.stat();
      // It was full, and began again.
      if (size < offset) offset = 0;
      offset = await copy(file, offset, write);
      if (!follow || signal.aborted) return;
    }
  } finally {
    await file.close();
  }
}

async function openLogFile(path: string): Promise<FileHandle | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Whole lines only, so that none is shown in two halves. Resolves to where the next begins. */
async function copy(file: FileHandle, from: number, write: (text: string) => void): Promise<number> {
  let offset = from;
  const buffer = Buffer.alloc(64 * 1024);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    // A line longer than the buffer is none of the log's own, and shown as it comes.
    const taken = end === 0 && bytesRead === buffer.length ? bytesRead : end;
    if (taken === 0) return offset;
    write(printableLines(buffer.subarray(0, taken).toString("utf8")));
    offset += taken;
  }
}

function noLog(directory: string): UserError {
  return new UserError(`there is no log in ${directory}`, {
    exitCode: exitCode.cannotRun,
    hint: "no daemon of yours has been started since the machine was",
  });
}
