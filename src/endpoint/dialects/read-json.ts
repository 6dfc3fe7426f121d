/** Reading members of JSON that somebody else wrote: what is not of the kind that is asked for is not there. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const NO_RECORDS: readonly Record<string, unknown>[] = [];

/** The objects of a list; empty for anything else. Nothing is made where the list holds nothing else, as in most events. */
export function recordsOf(value: unknown): readonly Record<string, unknown>[] {
  if (!Array.isArray(value)) return NO_RECORDS;
  return value.every(isRecord) ? value : value.filter(isRecord);
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
