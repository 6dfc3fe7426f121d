/**
 * The three ways in which a field of a payload gets its noise. A record is one request's; sensitivity is how much a
 * result can change when one record is replaced by any other, while their number stays. ε comes in thousandths.
 */
import { discreteLaplace, type NextByte, permuteAndFlip, type Rational, randomisedResponse } from "./noise-samplers.ts";

/**
 * The bucket that holds the quantile at `perMille`, by permute-and-flip. A bucket's utility is how many ranks it is away
 * from the quantile: replacing a record moves that by one rank at most.
 */
export function noisyQuantile(
  counts: readonly number[],
  perMille: number,
  epsilonMilli: number,
  next: NextByte,
): number {
  // In thousandths of a rank, so that everything stays whole.
  const target = counts.reduce((sum, count) => sum + BigInt(count), 0n) * BigInt(perMille);
  let below = 0n;
  const utilities = counts.map((count) => {
    const upTo = below + 1000n * BigInt(count);
    const away = below > target ? below - target : upTo < target ? target - upTo : 0n;
    below = upTo;
    return -away;
  });
  const sensitivity = 1000n;
  return permuteAndFlip(utilities, { numerator: BigInt(epsilonMilli), denominator: 2n * sensitivity * 1000n }, next);
}

/** `sum` plus discrete Laplace noise, for a sum to which a record adds between 0 and `sensitivity`. */
export function noisySum(sum: bigint, sensitivity: bigint, epsilonMilli: number, next: NextByte): bigint {
  return sum + discreteLaplace({ numerator: BigInt(epsilonMilli), denominator: 1000n * sensitivity }, next);
}

/** One of `choices`, whatever it depends on. */
export function noisyChoice(truth: number, choices: number, epsilonMilli: number, next: NextByte): number {
  return randomisedResponse(truth, choices, thousandths(epsilonMilli), next);
}

function thousandths(value: number): Rational {
  return { numerator: BigInt(value), denominator: 1000n };
}
