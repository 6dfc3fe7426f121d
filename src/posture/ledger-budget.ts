/**
 * How much of the privacy budget the ledger says is spent: the sum over all releases of the last 30 days, by basic
 * composition. Consent that is withdrawn and given again brings none of it back. Pure.
 */
import type { LedgerEntry } from "./ledger-entry.ts";

/** Per neighbour relation, in thousandths of an epsilon, within any `budgetDays` days. */
export const budgetEpsilonMilli = 4000;
export const budgetDays = 30;

export interface SpentEpsilon {
  row_epsilon_milli: number;
  run_epsilon_milli: number;
}

/** A ledger that follows a damaged one may hide anything, so it counts as if all had been spent when it was started. */
export function epsilonSpent(entries: readonly Pick<LedgerEntry, "body">[], now: Date): SpentEpsilon {
  const since = now.getTime() - budgetDays * 24 * 3_600_000;
  const spent = { row_epsilon_milli: 0, run_epsilon_milli: 0 };
  for (const { body } of entries) {
    // What is dated later than now is counted too: the clock may have been set back.
    if (new Date(body.at).getTime() < since) continue;
    if (body.kind === "release") {
      spent.row_epsilon_milli += body.row_epsilon_milli;
      spent.run_epsilon_milli += body.run_epsilon_milli;
    } else if (body.kind === "ledger-started" && body.follows === "damaged-ledger") {
      spent.row_epsilon_milli += budgetEpsilonMilli;
      spent.run_epsilon_milli += budgetEpsilonMilli;
    }
  }
  return spent;
}

/** Whether a release of so much would still be within the budget. */
export function fitsBudget(spent: SpentEpsilon, release: SpentEpsilon): boolean {
  return (
    spent.row_epsilon_milli + release.row_epsilon_milli <= budgetEpsilonMilli &&
    spent.run_epsilon_milli + release.run_epsilon_milli <= budgetEpsilonMilli
  );
}
