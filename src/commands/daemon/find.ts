/** Whether this user has a daemon, from what lies in the control directory. */
import { exitCode, UserError } from "../../errors.ts";
import { hasControlDirectory } from "../../daemon/control-directory.ts";
import { type Claim, lastClaim } from "../../daemon/lock.ts";

/** Null when none has been started, or the last one ended in good order. @throws UserError (exit code 4) */
export function findDaemon(directory: string): Claim | null {
  return hasControlDirectory(directory) ? lastClaim(directory) : null;
}

export function noDaemon(
  hint = "start one: inferguard daemon start --metrics-url http://127.0.0.1:8000/metrics",
): UserError {
  return new UserError("no daemon of yours is running", {
    exitCode: exitCode.cannotRun,
    hint,
  });
}
