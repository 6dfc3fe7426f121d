/**
 * Which process wrote a run, so that a run whose process is gone is recognised even when its pid is in use again. The
 * start time is field 22 of /proc/<pid>/stat: clock ticks since the machine's boot. Other systems have none: null.
 */
import { readFileSync } from "node:fs";
import { systemErrorCode } from "../errors.ts";

export interface ProcessIdentity {
  pid: number;
  start_time: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start_time: readStat(process.pid)?.startTime ?? null };
}

/** False when the process has ended, or when its pid now belongs to another one. */
export function isAlive({ pid, start_time }: ProcessIdentity): boolean {
  if (!exists(pid)) return false;
  const stat = readStat(pid);
  if (stat === null) return true;
  // A process that ended keeps its pid until its parent asks for its status, which a container's first process may never do.
  if (stat.state === "Z" || stat.state === "X") return false;
  return start_time === null || start_time === stat.startTime;
}

function exists(pid: number): boolean {
  if (pid < 1) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

function readStat(pid: number): { state: string; startTime: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command's name in parentheses, and may hold spaces and parentheses itself.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state, startTime] = [fields[0], fields[19]];
    return state && startTime ? { state, startTime } : null;
  } catch {
    return null;
  }
}
