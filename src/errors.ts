/**
 * Errors that a person can act on, and the exit codes that a script can.
 *
 * A user's mistake is a `UserError`: what happened, to which value, and what to try. A failed request is data (a row with
 * an error kind), never an exception. Anything else that is thrown is a bug in InferGuard and ends in exit code 70.
 */

/** The process's exit codes. Public: scripts and CI jobs branch on them. */
export const exitCode = {
  ok: 0,
  /** It ran and the answer is bad: every request failed, a gate failed, the client was limited, declined at a prompt. */
  bad: 1,
  usage: 2,
  /** It could not run: unreadable, unsupported, or no connection before the first request. */
  cannotRun: 3,
  /** The posture refused it. */
  refused: 4,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** A mistake or a circumstance that the user can change. `message` says what happened and to which value. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: ExitCode;
  /** What to try, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { exitCode?: ExitCode; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? exitCode.usage;
    this.hint = options.hint;
  }
}

/** The `code` of a Node system error (`ENOENT`, `ECONNREFUSED`), or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
