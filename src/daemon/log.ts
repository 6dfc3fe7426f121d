/**
 * The daemon's log: lines with the moment in front, in a file of the control directory. It never grows beyond twice its
 * bound: what is full becomes `daemon.log.1`, in the place of the one before. A disk that takes nothing loses lines of the
 * log and nothing else.
 */
import { constants, copyFileSync, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../clock.ts";
import { printable } from "../report/printable.ts";

export const logName = "daemon.log";
export const fullLogName = "daemon.log.1";

const longestLogBytes = 1024 * 1024;
const longestLine = 1000;

export interface DaemonLog {
  /** One line; returns it as it was written, without its end. */
  write(this: void, text: string): string;
}

/** Opens for appending, 0600; a link in its place is not followed. @throws what the file system says */
export function openLogFile(directory: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(join(directory, logName), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  fchmodSync(file, 0o600);
  return file;
}

export function openLog(directory: string, maxBytes = longestLogBytes): DaemonLog {
  const file = openLogFile(directory);
  return {
    write(text) {
      const line = `${wallClock().toISOString()} ${printable(text, longestLine)}`;
      try {
        if (fstatSync(file).size > maxBytes) startAgain(directory, file);
        writeSync(file, `${line}\n`);
      } catch {
        // A full disk; the line is lost.
      }
      return line;
    },
  };
}

/**
 * Emptied, not renamed: the process's standard error is this file too, and what it says when it breaks has to be in the
 * newest one. Nobody else writes to it meanwhile.
 */
function startAgain(directory: string, file: number): void {
  copyFileSync(join(directory, logName), join(directory, fullLogName));
  ftruncateSync(file, 0);
}
