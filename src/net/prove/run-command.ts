/** Runs a command line to its end and says how it ended. What it prints goes to this process's standard error. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { sleep } from "../../clock.ts";
import { systemErrorCode } from "../../errors.ts";
import { withStart } from "../tickets.ts";

export interface CommandEnd {
  code: number | null;
  signal: string | null;
}

/** Ctrl-C reaches every process of the terminal by itself; a signal that only this one got is passed on after this. */
const PATIENCE_MS = 3000;

/**
 * @param own the program of the command itself, to find its process below what watches it
 * @returns null when the first program could not be started
 */
export async function runCommand(
  command: readonly string[],
  own: string,
  signal: AbortSignal,
): Promise<CommandEnd | null> {
  // The first program must outlive a Ctrl-C, to say how the command ended. Node gives the command its signals back.
  const args = ["-c", `trap '' INT TERM HUP; exec "$@"`, "sh", ...command];
  const child = withStart("sh", args, () => spawn("sh", args, { stdio: ["inherit", 2, "inherit"] }));
  const ended = new Promise<CommandEnd | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", (code, killedBy) => resolve({ code, signal: killedBy }));
  });
  const onAbort = async () => {
    await Promise.race([ended, sleep(PATIENCE_MS)]);
    terminate(child, own);
  };
  const abort = () => void onAbort();
  signal.addEventListener("abort", abort);
  const end = await ended;
  signal.removeEventListener("abort", abort);
  return end;
}

/** Asks the command itself to end, not what watches it. */
function terminate(child: ChildProcess, own: string): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const target = firstBelow(child.pid, (pid) => argumentsOf(pid).slice(0, 2).includes(own));
  process.kill(target ?? child.pid, target === null ? "SIGKILL" : "SIGTERM");
}

function firstBelow(pid: number, isIt: (pid: number) => boolean): number | null {
  const queue = [pid];
  for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
    if (isIt(each)) return each;
    queue.push(...childrenOf(each));
  }
  return null;
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"));
    return lists.flatMap((list) => list.split(" ").filter(Boolean)).map(Number);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
