/**
 * `inferguard daemon status`: what the running daemon says of itself; or that it does not answer, or that it is gone without
 * having stopped. Nothing is said from memory.
 */
import { type ExitCode, exitCode } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { type DaemonStatus, daemonStatusSchema } from "../runs/schemas/daemon-status.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import { askDaemon } from "./daemon/ask.ts";
import { findDaemon } from "./daemon/find.ts";
import type { DaemonPlace } from "./daemon/options.ts";
import { statusLines } from "./daemon/status-lines.ts";

export interface DaemonStatusResult {
  document: string;
  lines: string[];
  exitCode: ExitCode;
}

/** `stale`: its process is there and does not answer. `gone`: it was killed. */
type Answer =
  | { state: "running"; daemon: DaemonStatus }
  | { state: "stale" | "gone"; pid: number | null; why: string }
  | { state: "none" };

/** @throws UserError (exit code 4) when somebody else could write to the control directory */
export async function daemonStatus(
  place: DaemonPlace,
  around: { signal: AbortSignal; egress(this: void, record: EgressRecord): void },
): Promise<DaemonStatusResult> {
  const answer = await findOut(place, around);
  return {
    document: prettyJson(answer),
    lines: answer.state === "running" ? statusLines(answer.daemon) : [sentence(answer)],
    exitCode: codes[answer.state],
  };
}

/** 1 for a daemon that should be there and is not, 3 where there is none. */
const codes = { running: exitCode.ok, stale: exitCode.bad, gone: exitCode.bad, none: exitCode.cannotRun } as const;

async function findOut(
  { directory, socket }: DaemonPlace,
  around: { signal: AbortSignal; egress(this: void, record: EgressRecord): void },
): Promise<Answer> {
  const claim = findDaemon(directory);
  if (claim === null) return { state: "none" };
  const { pid } = claim;
  if (claim.state === "dead") return { state: "gone", pid, why: "it was killed, and has not stopped in good order" };
  const asked = await askDaemon(socket, { method: "GET", path: "/v1/status", ...around });
  if ("failure" in asked) {
    // From another container nobody can tell whether its process is there: that nobody listens is the sign.
    const state = claim.state === "unknown" ? "gone" : "stale";
    return { state, pid, why: asked.failure };
  }
  const read = readStatus(asked.text);
  if (asked.status === 200 && read !== null) return { state: "running", daemon: read };
  return { state: "stale", pid, why: `it answers with status ${asked.status}: ${asked.text.trim().slice(0, 200)}` };
}

function readStatus(text: string): DaemonStatus | null {
  try {
    return daemonStatusSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function sentence(answer: Exclude<Answer, { state: "running" }>): string {
  if (answer.state === "none") return "No daemon of yours is running.";
  const who = `The daemon${answer.pid === null ? "" : ` with pid ${answer.pid}`}`;
  return answer.state === "gone"
    ? `${who} is gone: ${answer.why}. Its log may say more: inferguard daemon logs`
    : `${who} is there, and does not answer: ${answer.why}. Its log may say more: inferguard daemon logs`;
}
