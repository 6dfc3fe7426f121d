/** Runs a command without root's powers: as it is for an ordinary user, as `nobody` for root. */
import { spawnSync } from "node:child_process";

const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const prefix = process.getuid?.() === 0 ? asNobody : [];

export function runAsOrdinaryUser(command: string, ...args: string[]): { status: number | null; stderr: string } {
  const [program = command, ...rest] = [...prefix, command, ...args];
  const { status, stderr } = spawnSync(program, rest, { encoding: "utf8" });
  return { status, stderr: stderr ?? "" };
}

/** False for root without setpriv, or where `nobody` may not even run this Node. */
export const canBeOrdinaryUser = runAsOrdinaryUser(process.execPath, "-e", "0").status === 0;
