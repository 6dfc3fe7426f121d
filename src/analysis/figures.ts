/** How a number is known, written on the number: claims, and the one form in which values reach summary.json. */
import type { Claim } from "../runs/schemas/claim.ts";
import type { Figure } from "../runs/schemas/summary.ts";

/** How the run as a whole is known. No figure of it can claim more. */
export interface Footing {
  claim: Claim;
  why: string | null;
}

/**
 * A number on this footing. `doubt` says what the number rests on besides clocks and counters, or null. A null value is
 * `not_proven`, and then `doubt` must say why there is none.
 */
export function figure(footing: Footing, unit: string, value: number | null, doubt: string | null): Figure {
  if (value === null) return { value: null, unit, claim: "not_proven", why: doubt };
  return { value: rounded(value), unit, ...claimOf(footing, doubt) };
}

/** The claim of a value that exists. A synthetic figure that is also inferred stays synthetic and says both reasons. */
export function claimOf(footing: Footing, doubt: string | null): { claim: Claim; why: string | null } {
  if (footing.claim === "measured") return { claim: doubt === null ? "measured" : "inferred", why: doubt };
  const reasons = [footing.why, doubt].filter((reason) => reason !== null);
  return { claim: footing.claim, why: reasons.length === 0 ? null : reasons.join("; ") };
}

/**
 * To a millionth: a nanosecond where the unit is milliseconds. Subtraction leaves digits below that which mean nothing
 * and would differ with the order of the rows.
 */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** A number in a sentence: three significant digits. */
export function spoken(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** A share in a sentence. */
export function percent(share: number): string {
  return `${spoken(share * 100)} %`;
}
