/** Schema names as they stand in files, `inferguard-run/v1`: a newer major version is named and refused, never guessed at. */
import { exitCode, UserError } from "../errors.ts";

/**
 * True when `found` is what this release writes, false when it is something else that cannot be read.
 * @throws UserError (exit code 3) when `found` is the same schema in a newer major version.
 */
export function isReadable(found: unknown, known: string, path: string): boolean {
  if (found === known) return true;
  const [name, major] = split(known);
  const [foundName, foundMajor] = split(found);
  if (foundName !== name || !(foundMajor > major)) return false;
  throw new UserError(`${path} has the schema ${name}/v${foundMajor}, and this InferGuard reads up to ${known}`, {
    exitCode: exitCode.cannotRun,
    hint: "read it with a newer InferGuard",
  });
}

function split(schema: unknown): [name: string, major: number] {
  const match = typeof schema === "string" ? /^(?<name>[a-z-]+)\/v(?<major>\d{1,9})$/.exec(schema) : null;
  return [match?.groups?.["name"] ?? "", Number(match?.groups?.["major"] ?? NaN)];
}
