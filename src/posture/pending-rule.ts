/** What stands in the way of writing a run's payload to disk. Pure. */
import { epsilonSpent, fitsBudget, budgetDays, budgetEpsilonMilli, type SpentEpsilon } from "./ledger-budget.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { DisabledReason, TelemetryState } from "./state.ts";
import { reasonTexts } from "./state-texts.ts";

export interface PendingRun extends SpentEpsilon {
  /** A hash that tells this run from others, and nothing else of it. */
  run_digest: string;
  payload_sha256: string;
  /** `started_at` of its run.json. */
  started_at: string;
}

export interface PendingDenial {
  code: DisabledReason | "Denied:RunOlderThanConsent" | "Denied:DPBudgetExhausted";
  /** What it means, as a clause. */
  text: string;
}

/** Null when the payload may be written. */
export function pendingDenial(
  state: TelemetryState,
  entries: readonly LedgerEntry[],
  run: PendingRun,
  now: Date,
): PendingDenial | null {
  if (state.state === "disabled") return { code: state.reason, text: reasonTexts[state.reason] };
  if (!(new Date(run.started_at).getTime() >= new Date(state.grant.granted_at).getTime() + 1000))
    return {
      code: "Denied:RunOlderThanConsent",
      text: `the run did not start after consent was given, at ${state.grant.granted_at}`,
    };
  if (releaseOf(entries, run) === undefined && !fitsBudget(epsilonSpent(entries, now), run))
    return {
      code: "Denied:DPBudgetExhausted",
      text: `with it, more than epsilon ${budgetEpsilonMilli / 1000} would be spent within ${budgetDays} days`,
    };
  return null;
}

/** The release of exactly these bytes for this run: nothing more is spent by writing them again. */
export function releaseOf(entries: readonly LedgerEntry[], run: PendingRun): LedgerEntry | undefined {
  return entries.find(
    ({ body }) =>
      body.kind === "release" && body.run_digest === run.run_digest && body.payload_sha256 === run.payload_sha256,
  );
}
