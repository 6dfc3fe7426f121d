/**
 * Exact samplers: whole numbers in, whole numbers out, and probabilities that are exactly what they say. No floating
 * point takes part, because the gaps between doubles give the noise away (Mironov 2012, "On significance of the least
 * significant bits for differential privacy").
 *
 * The algorithms are those of Canonne, Kamath and Steinke 2020 (arXiv 2004.00010, algorithms 1 and 2) and of McKenna and
 * Sheldon 2020 (permute-and-flip). Randomness is passed in, a byte at a time: the same bytes give the same answer.
 */

/** The next byte, 0 to 255, of a stream that nobody can guess. */
export type NextByte = () => number;

export interface Rational {
  numerator: bigint;
  denominator: bigint;
}

/** Uniform in [0, bound). A draw that is too large is thrown away: a remainder would favour the small values. */
export function uniformBelow(bound: bigint, next: NextByte): bigint {
  const bits = (bound - 1n).toString(2).length;
  const bytes = Math.ceil(bits / 8);
  for (;;) {
    let draw = 0n;
    for (let count = 0; count < bytes; count++) draw = (draw << 8n) | BigInt(next());
    draw &= (1n << BigInt(bits)) - 1n;
    if (draw < bound) return draw;
  }
}

/** True with probability exp(-exponent), for an exponent of 0 or more. */
export function happensExp({ numerator, denominator }: Rational, next: NextByte): boolean {
  let rest = numerator;
  // exp(-x) is exp(-1) for each whole part of x, times exp(-fraction).
  for (; rest > denominator; rest -= denominator) if (!happensExpUpToOne(1n, 1n, next)) return false;
  return happensExpUpToOne(rest, denominator, next);
}

/** For an exponent of at most 1: the first k at which a coin of probability x/k fails is odd with probability exp(-x). */
function happensExpUpToOne(numerator: bigint, denominator: bigint, next: NextByte): boolean {
  let k = 1n;
  while (uniformBelow(denominator * k, next) < numerator) k++;
  return k % 2n === 1n;
}

/** Any whole number x, with a probability that is proportional to exp(-|x| × rate). */
export function discreteLaplace(rate: Rational, next: NextByte): bigint {
  for (;;) {
    const part = uniformBelow(rate.denominator, next);
    if (!happensExp({ numerator: part, denominator: rate.denominator }, next)) continue;
    let whole = 0n;
    while (happensExp({ numerator: 1n, denominator: 1n }, next)) whole++;
    const size = (part + rate.denominator * whole) / rate.numerator;
    const isNegative = uniformBelow(2n, next) === 1n;
    // Zero has one sign: kept with both, it would come up twice as often as it should.
    if (isNegative && size === 0n) continue;
    return isNegative ? -size : size;
  }
}

/**
 * The index of a utility, the best most often: the indices are visited in random order, and one is taken with
 * probability exp(-(best - utility) × rate). With rate = ε / (2 × the utilities' sensitivity) the choice is ε-private.
 */
export function permuteAndFlip(utilities: readonly bigint[], rate: Rational, next: NextByte): number {
  const best = utilities.reduce((a, b) => (b > a ? b : a));
  const unvisited = utilities.map((utility, index) => ({ index, loss: best - utility }));
  for (;;) {
    // The best one is always taken, so the last one at the latest ends this.
    const [visited] = unvisited.splice(Number(uniformBelow(BigInt(unvisited.length), next)), 1);
    if (visited === undefined) throw new RangeError("there is nothing to choose from");
    const exponent = { numerator: visited.loss * rate.numerator, denominator: rate.denominator };
    if (happensExp(exponent, next)) return visited.index;
  }
}

/** k-ary randomised response: the truth with probability e^ε / (e^ε + k - 1), else any of the other k - 1. */
export function randomisedResponse(truth: number, choices: number, epsilon: Rational, next: NextByte): number {
  for (;;) {
    const choice = Number(uniformBelow(BigInt(choices), next));
    if (choice === truth || happensExp(epsilon, next)) return choice;
  }
}
