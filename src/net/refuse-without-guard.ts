/** No connection, listener or child process where the bin tried to install the guard and could not. */
import { exitCode, UserError } from "../errors.ts";
import { guardState } from "./guard/state.ts";

/** @throws UserError (exit code 4). */
export function refuseWithoutGuard(): void {
  const state = guardState();
  if (state.is !== "unavailable") return;
  throw new UserError("guard unavailable: refusing to run network commands", {
    exitCode: exitCode.refused,
    hint: `it could not be installed: ${state.reason}`,
  });
}
