/** `inferguard daemon stop`: asks the daemon to end in good order, and waits until it has. */
import { monotonicMs, sleep } from "../clock.ts";
import { exitCode, UserError } from "../errors.ts";
import type { EgressRecord } from "../runs/schemas/egress.ts";
import { askDaemon } from "./daemon/ask.ts";
import { findDaemon, noDaemon } from "./daemon/find.ts";
import type { DaemonPlace } from "./daemon/options.ts";

export interface Stopped {
  pid: number | null;
  /** It had been killed before: there was nothing to stop. */
  wasGone: boolean;
}

/** Its last rows and its run have to reach the disk. */
const PATIENCE_MS = 30_000;

/** @throws UserError: exit code 3 when there is none, 1 when it does not answer or does not end */
export async function daemonStop(
  { directory, socket }: DaemonPlace,
  around: { signal: AbortSignal; egress(this: void, record: EgressRecord): void },
): Promise<Stopped> {
  const claim = findDaemon(directory);
  if (claim === null) throw noDaemon();
  const { pid, path } = claim;
  if (claim.state === "dead") return { pid, wasGone: true };
  const asked = await askDaemon(socket, { method: "POST", path: "/v1/stop", ...around });
  if ("failure" in asked && claim.state === "unknown") return { pid, wasGone: true };
  if ("failure" in asked) throw notStopped(pid, `does not answer: ${asked.failure}`);
  const startedMs = monotonicMs();
  while (isThere(directory, path)) {
    if (around.signal.aborted) throw notStopped(pid, "was asked to stop, and nobody waited for it");
    if (monotonicMs() - startedMs > PATIENCE_MS) throw notStopped(pid, `has not ended within ${PATIENCE_MS / 1000} s`);
    await sleep(50, around.signal);
  }
  return { pid, wasGone: false };
}

/** Another one may have started meanwhile. */
function isThere(directory: string, path: string): boolean {
  const claim = findDaemon(directory);
  return claim?.path === path && claim.state !== "dead";
}

function notStopped(pid: number | null, what: string): UserError {
  return new UserError(`the daemon${pid === null ? "" : ` with pid ${pid}`} ${what}`, {
    exitCode: exitCode.bad,
    hint:
      pid === null
        ? "inferguard daemon logs may say why"
        : `it stops once it goes on; if it never does, kill -9 ${pid} ends it`,
  });
}
