/** How many requests a level wanted, and what became of each. */
import type { LevelSummary } from "../runs/schemas/summary.ts";
import type { LevelRows } from "./level-rows.ts";

type Counts = LevelSummary["requests"];

export function countsOf({ measured, ok, warmup }: LevelRows): Counts {
  const count = (status: string) => measured.filter((row) => row.status === status).length;
  return {
    total: measured.length,
    ok: ok.length,
    error: count("error"),
    cancelled: count("cancelled"),
    not_sent: count("not_sent"),
    errors: errorsOf(measured),
    warmup,
  };
}

type Failable = Pick<LevelRows["measured"][number], "error"> & { status: string };

/** Most frequent first. */
export function errorsOf(rows: readonly Failable[]): Counts["errors"] {
  const errors = new Map<string, Counts["errors"][number]>();
  for (const { status, error } of rows) {
    if (status !== "error" || error === null) continue;
    const key = `${error.kind} ${error.http_status ?? ""}`;
    const known = errors.get(key);
    if (known === undefined) errors.set(key, { ...error, count: 1 });
    else known.count++;
  }
  return [...errors]
    .sort(([keyA, a], [keyB, b]) => b.count - a.count || (keyA < keyB ? -1 : 1))
    .map(([, error]) => error);
}
