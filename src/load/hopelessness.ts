/**
 * Says when to stop because more requests cannot succeed: all of them have failed in the same way, and it is a way that
 * does not pass by itself (a wrong path, a wrong key, a server that is not an LLM API). Pure.
 */
import type { StreamOutcome } from "../endpoint/stream-outcome.ts";
import type { ErrorKind, RequestRow } from "../runs/schemas/request.ts";

export interface Hopelessness {
  /** True from the request on at which hope is gone. */
  note(row: RequestRow, outcome: StreamOutcome): boolean;
  /** What all requests so far, however few, came to; null where one of them came to something else. */
  readonly verdict: {
    rows: number;
    example: { row: RequestRow; message: string | null; refusal: string | null };
  } | null;
}

const lasting: ReadonlySet<ErrorKind> = new Set([
  "http_4xx",
  "redirect",
  "not_a_stream",
  "tls",
  "dns",
  "posture_denied",
]);
const ENOUGH = 5;

export function createHopelessness(): Hopelessness {
  let undecided = true;
  let first: { kind: ErrorKind; status: number | null } | null = null;
  let verdict: Hopelessness["verdict"] = null;
  return {
    note(row, outcome) {
      if (!undecided) return verdict !== null;
      if (row.status === "cancelled") return false;
      const { error } = row;
      first ??= error === null ? null : { kind: error.kind, status: error.http_status };
      if (
        error === null ||
        first === null ||
        !lasting.has(error.kind) ||
        error.kind !== first.kind ||
        error.http_status !== first.status
      ) {
        undecided = false;
        verdict = null;
        return false;
      }
      const { message, refusal } = outcome;
      verdict = { rows: (verdict?.rows ?? 0) + 1, example: { row, message, refusal } };
      undecided = verdict.rows < ENOUGH;
      return !undecided;
    },
    get verdict() {
      return verdict;
    },
  };
}
