/**
 * A last look at the bytes of a payload for what must never be in one. The closed schema keeps such things out, so a hit
 * is a bug, or a file that somebody changed: the payload is refused whole, and nothing is cut out of it to save it. These
 * patterns find much, not everything; they are no promise by themselves.
 */
import { readPayload } from "./payload.ts";

export interface Refusal {
  class: string;
  count: number;
}

/** Empty for a payload that this release wrote. */
export function refusalsFor(text: string): Refusal[] {
  const found = patterns.flatMap(([name, pattern]) => {
    const count = text.match(pattern)?.length ?? 0;
    return count === 0 ? [] : [{ class: name, count }];
  });
  return readPayload(text) === null ? [{ class: "not_a_payload", count: 1 }, ...found] : found;
}

const patterns: readonly [name: string, pattern: RegExp][] = [
  ["url", /\b[a-z][a-z0-9+.-]*:\/\/[^\s"]+/gi],
  ["email", /[\w.+-]+@[\w-]+(\.[\w-]+)*/g],
  ["ipv4_address", /(?<![\d.])\d{1,3}(\.\d{1,3}){3}(?![\d.])/g],
  ["ipv6_address", /(?<![\w:])([0-9a-f]{1,4}:){2,7}[0-9a-f]{1,4}|[0-9a-f]*::[0-9a-f:]+/gi],
  [
    "host_name",
    /\b[a-z0-9-]+(\.[a-z0-9-]+)*\.(local|localdomain|internal|intranet|corp|lan|com|net|org|io|ai|dev|cloud|svc)\b/gi,
  ],
  ["file_path", /(?<![\w/])(~|\.{1,2})?\/[\w.@-]+(\/[\w.@-]*)+|\b[a-z]:\\\\|\\\\\\\\\w/gi],
  ["environment_variable", /\b[A-Z][A-Z0-9_]{2,}=/g],
  [
    "key",
    /\b(sk|pk|rk|ghp|gho|ghs|github_pat|glpat|hf|nvapi|xox[baprs]|AKIA|ASIA|AIza)[-_A-Za-z0-9]{8,}|\beyJ[\w-]{10,}|-----BEGIN|\bBearer\s/g,
  ],
  ["long_token", /(?=[\w+/=-]*\d)[\w+/=-]{24,}/g],
  ["time", /\b(19|20)\d\d-\d\d-\d\d|\b1\d{9}(\d{3})?\b/g],
];
