/** Run ids: `<UTC yyyymmdd-hhmmss>-<kind>-<6 characters>`. They sort by time, and a person can read and type them. */
import { randomBytes } from "node:crypto";

export interface RunIdParts {
  /** `yyyymmdd-hhmmss`, UTC. */
  time: string;
  /** The same in milliseconds since 1970; NaN for a time that no calendar has. */
  startMs: number;
  kind: string;
  suffix: string;
}

/** A new id. The six characters are random, so that runs that start in the same second do not meet. */
export function newRunId(kind: string, at: Date): string {
  const [date = "", time = ""] = at.toISOString().split("T");
  const suffix = Array.from(randomBytes(6), (byte) => alphabet[byte % alphabet.length]).join("");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${kind}-${suffix}`;
}

/** The parts of a run id, or null when `text` is not one. */
export function parseRunId(text: string): RunIdParts | null {
  const match = /^(?<time>\d{8}-\d{6})-(?<kind>[a-z][a-z-]*)-(?<suffix>[0-9a-z]{6})$/.exec(text);
  const { time, kind, suffix } = match?.groups ?? {};
  return time && kind && suffix ? { time, startMs: momentOf(time), kind, suffix } : null;
}

function momentOf(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** 32 characters that are not mistaken for each other (Crockford's base 32, lower case). */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
