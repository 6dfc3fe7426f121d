/** Where this user's daemon is reached: a directory of the user's, and the Unix socket in it. */
import { isAbsolute, join } from "node:path";
import type { DaemonPlace } from "../commands/daemon/options.ts";
import { exitCode, UserError } from "../errors.ts";
import { mintAuthority } from "../net/authority.ts";
import { userDirectories } from "./environment.ts";

/**
 * @param command the words that name the daemon's socket: every daemon command means this user's
 * @throws UserError (exit code 3) when the environment names no directory
 */
export function controlPlace(command: string): DaemonPlace {
  const { runtime = "", home = "" } = userDirectories();
  const parent = isAbsolute(runtime) ? runtime : isAbsolute(home) ? join(home, ".local/state/inferguard") : null;
  if (parent === null)
    throw new UserError("neither XDG_RUNTIME_DIR nor HOME names a directory for the daemon's socket", {
      exitCode: exitCode.cannotRun,
      hint: "set XDG_RUNTIME_DIR to a directory of yours",
    });
  const directory = join(parent, isAbsolute(runtime) ? "inferguard" : "run");
  return { directory, socket: mintAuthority("localhost-daemon", join(directory, "daemon.sock"), 0, command) };
}
