/** What a person reads when something went wrong. Pure. */
import { type ExitCode, exitCode, messageOf, UserError } from "../errors.ts";
import { printable, printableLines } from "../report/printable.ts";

/** What a report of a bug needs to be of use. */
export interface About {
  version: string;
  node: string;
  platform: string;
}

/**
 * A user's mistake: what happened, then what to try, and no stack. Anything else is a bug: then everything that its
 * report needs.
 */
export function errorLines(error: unknown, about: About): string[] {
  if (error instanceof UserError) {
    const hint = error.hint === undefined ? [] : [`  ${printable(error.hint, 1000)}`];
    return [`inferguard: ${printable(error.message, 1000)}`, ...hint];
  }
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
  return [
    `inferguard: this is a bug in InferGuard: ${printable(messageOf(error), 1000)}`,
    "  Please report it with the lines below. Look through them first: paths can hold names.",
    `  inferguard ${about.version}, Node ${about.node}, ${about.platform}`,
    ...printableLines(stack)
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof UserError ? error.exitCode : exitCode.bug;
}
