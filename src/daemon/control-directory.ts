/**
 * The directory through which a user's daemon is reached: a Unix socket, the token of this start, the lock and the log.
 * Whoever may write to it, or to a directory above it, could put a socket of their own there: so it is used only where
 * nobody else can, and it is never mended unasked.
 */
import { exitCode, messageOf, UserError } from "../errors.ts";
import { lookAt, type PresentEntry } from "../private/entry.ts";
import { makePrivateDirectory } from "../private/file.ts";
import { breachOf, stepsTo } from "../private/way.ts";

/** @throws UserError (exit code 4) when somebody else could write there, (3) when it cannot be made */
export function makeControlDirectory(path: string): void {
  refuseUnsafe(path);
  try {
    makePrivateDirectory(path);
  } catch (error) {
    throw new UserError(`cannot make ${path}: ${messageOf(error)}`, {
      exitCode: exitCode.cannotRun,
      hint: "set XDG_RUNTIME_DIR to a directory of yours that can be written",
      cause: error,
    });
  }
  if (!hasControlDirectory(path)) throw refused(`${path} went away while it was made`);
}

/** False when there is none. @throws UserError (exit code 4) when somebody else could write there */
export function hasControlDirectory(path: string): boolean {
  refuseUnsafe(path);
  const entry = lookAt(path);
  if (entry.is === "absent") return false;
  if (entry.is !== "directory") throw refused(`${path} must be a directory, and is something else`, `rm ${path}`);
  if (!entry.isOwn) throw refused(`${path} belongs to another user`);
  if (entry.mode !== 0o700) throw wrongMode(path, entry);
  return true;
}

function refuseUnsafe(path: string): void {
  for (const step of stepsTo(path).passed) {
    // Its own rules are stricter.
    if (step.path === path) continue;
    const breach = breachOf(step.entry);
    if (breach === "kind") throw refused(`${step.path}, on the way to ${path}, is no directory that can be looked at`);
    if (breach === "owner") throw refused(`${step.path}, on the way to ${path}, belongs to another user`);
    if (breach === "writable")
      throw refused(`other users may write to ${step.path}, on the way to ${path}`, `chmod go-w ${step.path}`);
  }
}

/** What others could write to may not be what was put there. */
function wrongMode(path: string, { mode }: PresentEntry): UserError {
  const mend = (mode & 0o022) === 0 ? `chmod 700 ${path}` : `rm -r ${path}`;
  return refused(`${path} must have the mode 0700, and has ${mode.toString(8).padStart(4, "0")}`, mend);
}

function refused(message: string, mend?: string): UserError {
  const hint = mend ?? "set XDG_RUNTIME_DIR to a directory that is yours alone, or unset it where it is another user's";
  return new UserError(message, { exitCode: exitCode.refused, hint });
}
