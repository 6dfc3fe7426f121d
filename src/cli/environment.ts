/**
 * The one place of the command line that reads the environment: how to draw, the key that a flag names, what a child gets,
 * where the user's daemon is reached, and what of the environment it keeps.
 */
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

/** Where the XDG Base Directory Specification puts a user's sockets, and the user's home. */
export function userDirectories(): { runtime: string | undefined; home: string | undefined } {
  return { runtime: process.env["XDG_RUNTIME_DIR"], home: process.env["HOME"] };
}

/**
 * What a detached daemon keeps of the environment that it is started in: where its files are, what is said about telemetry,
 * and whom TLS trusts. A shell's keys and the rest are not kept in a process that lives for months.
 */
export function daemonEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(HOME|XDG_(RUNTIME_DIR|CONFIG_HOME)|DO_NOT_TRACK|INFERGUARD_TELEMETRY|TZ|LANG|LC_[A-Z]+|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_(FILE|DIR))$/.test(
      name,
    ),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""]));
}
