/** Which run a person means: `latest`, a run id, the beginning of one, or the path of a run's directory. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { exitCode, UserError } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { listRunNames } from "./run-names.ts";
import { parseRunId } from "./run-id.ts";

/**
 * The directory of the run that `argument` names, absolute.
 * @throws UserError (exit code 3) when there is none, or more than one.
 */
export function findRun(runsDir: string, argument: string): string {
  const parent = resolve(runsDir);
  const ids = listRunNames(parent).filter((name) => parseRunId(name) !== null);
  if (argument === "latest") return join(parent, ids[0] ?? nothingThere(parent));
  if (ids.includes(argument)) return join(parent, argument);
  if (existsSync(join(argument, artifact.run))) return resolve(argument);

  const matches = argument === "" ? [] : ids.filter((id) => id.startsWith(argument));
  if (matches.length === 0) throw notFound(argument, parent, ids);
  const [match, ...others] = matches;
  if (match === undefined || others.length > 0) throw ambiguous(argument, matches);
  return join(parent, match);
}

function nothingThere(parent: string): never {
  throw new UserError(`there is no run in ${parent}`, {
    exitCode: exitCode.cannotRun,
    hint: "start one with `inferguard bench`, or name the directory that holds your runs with --runs-dir",
  });
}

function notFound(argument: string, parent: string, ids: string[]): UserError {
  if (ids.length === 0) return nothingThere(parent);
  return new UserError(`there is no run ${JSON.stringify(argument)} in ${parent}`, {
    exitCode: exitCode.cannotRun,
    hint: `the nearest are ${nearest(argument, ids).join(", ")}`,
  });
}

function ambiguous(argument: string, matches: string[]): UserError {
  const shown = matches.slice(0, 5).join(", ") + (matches.length > 5 ? ` and ${matches.length - 5} more` : "");
  return new UserError(`${JSON.stringify(argument)} is the beginning of ${matches.length} runs: ${shown}`, {
    exitCode: exitCode.cannotRun,
    hint: "type more characters of the one that you mean, or `latest`",
  });
}

/** The three ids that contain it or share the longest beginning with it; newest first among equals. */
function nearest(argument: string, ids: string[]): string[] {
  const closeness = (id: string) => (id.includes(argument) ? Infinity : sharedBeginning(id, argument));
  return ids.toSorted((a, b) => (closeness(b) > closeness(a) ? 1 : closeness(b) < closeness(a) ? -1 : 0)).slice(0, 3);
}

function sharedBeginning(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
