/**
 * Who holds something, such as a lock: a process, named so that neither a pid that is used again nor one of another boot or container is
 * taken for it. On Linux that is the boot, the pid's namespace, the pid and when it started; elsewhere the pid.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { systemErrorCode } from "../errors.ts";

export function ownHolder(): string {
  return [...ownWorld(), process.pid, startOf(process.pid) ?? ""].join(" ");
}

/** `unknown`: from here nobody can tell. */
export function stateOfHolder(holder: string): "alive" | "dead" | "unknown" {
  const [boot, namespace, pid, start] = holder.split(" ");
  const number = Number(pid);
  const [ownBoot, ownNamespace] = ownWorld();
  if (!Number.isSafeInteger(number) || number < 1) return "unknown";
  if (boot !== ownBoot || namespace !== ownNamespace) return "unknown";
  if (!isRunning(number)) return "dead";
  const runningSince = startOf(number);
  // It keeps its pid until its parent asks how it ended, which a container's first process may never do.
  if (runningSince === "ended") return "dead";
  if (runningSince === null || start === "") return "unknown";
  return runningSince === start ? "alive" : "dead";
}

function ownWorld(): [boot: string, pidNamespace: string] {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return [boot, readlinkSync("/proc/self/ns/pid")];
  } catch {
    return ["", ""];
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

/** Field 22 of /proc/<pid>/stat, in ticks since the boot, or `ended`; null where there is none. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command's name in parentheses, and may hold spaces and parentheses itself.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "ended" : (fields[19] ?? null);
  } catch {
    return null;
  }
}
