/** The one place of the command line that reads the environment: how to draw, the key that a flag names, what a child gets. */
import { UserError } from "../errors.ts";

/** What the terminal wants to know. */
export function drawingEnvironment() {
  const { NO_COLOR, TERM, COLUMNS, LANG, LC_ALL, LC_CTYPE, CI } = process.env;
  return { NO_COLOR, TERM, COLUMNS, LANG, LC_ALL, LC_CTYPE, CI };
}

/** All of it, for a program that a person starts through this one. */
export function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** @throws UserError when the variable that --api-key-env names is not set. The value is never shown. */
export function keyFromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value.trim() === "")
    throw new UserError(`--api-key-env names ${name}, which is ${value === undefined ? "not set" : "empty"}`, {
      hint: `set it in this shell (export ${name}=...), or use --api-key-file`,
    });
  return value.trim();
}
