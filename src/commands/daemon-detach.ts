/** `inferguard daemon start` without --foreground: starts the daemon as a process of its own, and waits until it is up. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { makeControlDirectory } from "../daemon/control-directory.ts";
import { logName, openLogFile } from "../daemon/log.ts";
import { exitCode, messageOf, UserError } from "../errors.ts";
import { startDetached } from "../net/detached.ts";
import type { DaemonUp } from "./daemon/options.ts";

export interface DetachOptions {
  bin: string;
  /** Of `daemon start`, with every path absolute. */
  args: readonly string[];
  directory: string;
  environment: Readonly<Record<string, string>>;
}

/** It looks up names, makes a run and reads back its history first. */
const START_TIMEOUT_MS = 60_000;

/** `refused`: it did not start, with its own words for that and its exit code. @throws UserError when it says nothing */
export async function detachDaemon(
  options: DetachOptions,
): Promise<{ up: DaemonUp } | { refused: string; code: number | null }> {
  makeControlDirectory(options.directory);
  const log = openLog(options.directory);
  const before = fstatSync(log).size;
  try {
    const outcome = await startDetached({
      bin: options.bin,
      args: ["daemon", "start", "--foreground", "--detached", "--json", ...options.args],
      environment: options.environment,
      stderr: log,
      timeoutMs: START_TIMEOUT_MS,
    });
    if (outcome.is === "up") return { up: JSON.parse(outcome.firstLine) as DaemonUp };
    if (outcome.is === "ended") return { refused: endOf(join(options.directory, logName), before), code: outcome.code };
    throw new UserError(`the daemon did not say within ${START_TIMEOUT_MS / 1000} s that it is up, and was ended`, {
      exitCode: exitCode.cannotRun,
      hint: "start it with --foreground to see why",
    });
  } finally {
    closeSync(log);
  }
}

function openLog(directory: string): number {
  try {
    return openLogFile(directory);
  } catch (error) {
    throw new UserError(`cannot write the log in ${directory}: ${messageOf(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "make room there, or remove what is in the place of the log",
      cause: error,
    });
  }
}

const longestWords = 16 * 1024;

/** What stands in the file from `from` on, without the lines of a daemon that is running already: they have their moment. */
function endOf(path: string, from: number): string {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(longestWords);
    const text = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from)).toString("utf8");
    return text.replaceAll(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*\n/gm, "");
  } finally {
    closeSync(file);
  }
}
