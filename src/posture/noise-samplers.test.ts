/**
 * Each sampler against its exact probabilities, and each beside mutants of it that the same test must find wrong: a test
 * of a distribution that no mutant fails proves nothing.
 */
import { describe, expect, it } from "vitest";
import {
  discreteLaplace,
  happensExp,
  type NextByte,
  permuteAndFlip,
  type Rational,
  randomisedResponse,
  uniformBelow,
} from "./noise-samplers.ts";
import { deviations, mostDeviations, permuteAndFlipProbabilities, testBytes } from "./noise-statistics.fixture.ts";

const draws = 100_000;
const rational = (numerator: number, denominator: number): Rational => ({
  numerator: BigInt(numerator),
  denominator: BigInt(denominator),
});

describe("a uniform draw", () => {
  /** What every possible first byte gives; undefined for a byte that is thrown away. */
  const outcomesOfOneByte = (draw: (next: NextByte) => bigint) =>
    Array.from({ length: 256 }, (_, byte) => {
      let reads = 0;
      try {
        return draw(() => {
          if (reads++ > 0) throw new RangeError("it wants another byte");
          return byte;
        });
      } catch {
        return undefined;
      }
    });
  const shares = (bound: bigint, draw: (next: NextByte) => bigint) => {
    const outcomes = outcomesOfOneByte(draw);
    return Array.from(
      { length: Number(bound) },
      (_, value) => outcomes.filter((each) => each === BigInt(value)).length,
    );
  };

  it.each([1n, 2n, 3n, 5n, 7n, 100n, 255n, 256n])(
    "below %d is exactly uniform, over every byte that there is",
    (bound) => {
      const counts = shares(bound, (next) => uniformBelow(bound, next));
      expect(new Set(counts).size).toBe(1);
      expect(counts[0]).toBeGreaterThan(0);
    },
  );

  it("would not be, by the remainder", () => {
    expect(new Set(shares(3n, (next) => BigInt(next()) % 3n)).size).toBe(2);
  });

  it("of several bytes stays below its bound and reaches its ends", () => {
    const next = testBytes("uniform");
    const values = Array.from({ length: 20_000 }, () => Number(uniformBelow(1000n, next)));
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 999]);
  });
});

describe("exp(-x) as a coin", () => {
  const happens = (exponent: Rational, label: string) => {
    const next = testBytes(label);
    return deviations(draws, () => (happensExp(exponent, next) ? 0 : 1), [
      Math.exp(-number(exponent)),
      1 - Math.exp(-number(exponent)),
    ]);
  };
  const number = ({ numerator, denominator }: Rational) => Number(numerator) / Number(denominator);

  it.each([
    [1, 1000],
    [37, 100],
    [1, 1],
    [3, 2],
    [7, 2],
  ])("comes up as often as it should for %d/%d", (numerator, denominator) => {
    expect(happens(rational(numerator, denominator), `exp ${numerator}`)).toBeLessThan(mostDeviations);
  });

  it("always comes up for 0, and never in practice for what is large", () => {
    const next = testBytes("ends");
    expect(Array.from({ length: 100 }, () => happensExp(rational(0, 1), next))).not.toContain(false);
    expect(
      Array.from({ length: 100 }, () => happensExp({ numerator: 10n ** 30n, denominator: 1n }, next)),
    ).not.toContain(true);
  });

  it("is found wrong when the whole parts of x are forgotten", () => {
    const next = testBytes("mutant");
    const mutant = () => (happensExp(rational(1, 2), next) ? 0 : 1);
    expect(deviations(draws, mutant, [Math.exp(-1.5), 1 - Math.exp(-1.5)])).toBeGreaterThan(mostDeviations);
  });
});

describe("discrete Laplace noise", () => {
  /** By cell: 0, 1, -1, 2, -2, and so on. */
  const cellOf = (value: bigint) => Number(value > 0n ? 2n * value - 1n : -2n * value);
  const probabilities = (rate: number) => {
    const q = Math.exp(-rate);
    const atZero = (1 - q) / (1 + q);
    return Array.from({ length: 201 }, (_, cell) => atZero * q ** Math.ceil(cell / 2));
  };
  const deviationsOf = (rate: number, draw: () => bigint) =>
    deviations(draws, () => cellOf(draw()), probabilities(rate));

  it.each([
    [1, 1],
    [1, 5],
    [1, 20],
    [3, 7],
    [5, 2],
  ])("of rate %d/%d has its exact distribution", (numerator, denominator) => {
    const next = testBytes(`laplace ${numerator}/${denominator}`);
    const rate = rational(numerator, denominator);
    expect(deviationsOf(numerator / denominator, () => discreteLaplace(rate, next))).toBeLessThan(mostDeviations);
  });

  const mutants: [string, (next: NextByte) => bigint][] = [
    [
      "keeps both zeros",
      (next) => {
        const size = oneSided(next);
        return uniformBelow(2n, next) === 1n ? -size : size;
      },
    ],
    ["has one sign", (next) => oneSided(next)],
    ["has half the scale", (next) => discreteLaplace(rational(2, 5), next)],
    [
      "forgets a tenth of its noise",
      (next) => (uniformBelow(10n, next) === 0n ? 0n : discreteLaplace(rational(1, 5), next)),
    ],
  ];
  /** The absolute value, with no second thought about zero. */
  const oneSided = (next: NextByte) => {
    let size = 0n;
    while (happensExp(rational(1, 5), next)) size++;
    return size;
  };

  it.each(mutants)("that %s is found wrong", (name, draw) => {
    const next = testBytes(name);
    expect(deviationsOf(1 / 5, () => draw(next))).toBeGreaterThan(mostDeviations);
  });

  it("rounded from the continuous one is found wrong", () => {
    const next = testBytes("rounded");
    const continuous = () => {
      const u = (Number(uniformBelow(1n << 40n, next)) + 0.5) / 2 ** 40;
      return u < 0.5 ? Math.log(2 * u) : -Math.log(2 * (1 - u));
    };
    expect(deviationsOf(1, () => BigInt(Math.round(continuous())))).toBeGreaterThan(mostDeviations);
  });

  it("draws every number near zero, of either sign, so that no result tells the truth by being there", () => {
    const next = testBytes("support");
    const values = new Set(Array.from({ length: 50_000 }, () => discreteLaplace(rational(1, 5), next)));
    expect(Array.from({ length: 31 }, (_, index) => BigInt(index - 15)).filter((value) => !values.has(value))).toEqual(
      [],
    );
  });
});

describe("permute-and-flip", () => {
  const utilities = [0n, -2n, -1n, -5n];
  const exact = permuteAndFlipProbabilities([0, -2, -1, -5], 1 / 2);
  const choose = (rate: Rational, label: string, from = utilities) => {
    const next = testBytes(label);
    return () => permuteAndFlip(from, rate, next);
  };

  it("chooses with its exact probabilities", () => {
    expect(deviations(draws, choose(rational(1, 2), "flip"), exact)).toBeLessThan(mostDeviations);
  });

  const mutants: [string, () => number][] = [
    ["forgets to halve ε", choose(rational(1, 1), "whole")],
    ["takes the losses for the utilities", choose(rational(1, 2), "losses", [0n, 2n, 1n, 5n])],
    ["visits in order", inOrder(testBytes("in order"))],
    ["is the exponential mechanism", exponentialMechanism(testBytes("exponential"))],
  ];
  function inOrder(next: NextByte) {
    return () => {
      for (;;)
        for (const [index, utility] of utilities.entries())
          if (happensExp({ numerator: -utility, denominator: 2n }, next)) return index;
    };
  }
  function exponentialMechanism(next: NextByte) {
    return () => {
      for (;;) {
        const index = Number(uniformBelow(4n, next));
        if (happensExp({ numerator: -(utilities[index] ?? 0n), denominator: 2n }, next)) return index;
      }
    };
  }

  it.each(mutants)("that %s is found wrong", (_, mutant) => {
    expect(deviations(draws, mutant, exact)).toBeGreaterThan(mostDeviations);
  });

  it("takes the only one that there is", () => {
    expect(permuteAndFlip([-7n], rational(1, 2), testBytes("one"))).toBe(0);
  });
});

describe("randomised response", () => {
  const epsilon = 3 / 4;
  const exact = Array.from(
    { length: 6 },
    (_, index) => (index === 2 ? Math.exp(epsilon) : 1) / (Math.exp(epsilon) + 5),
  );

  it("tells the truth as often as it should, and each other answer equally often", () => {
    const next = testBytes("response");
    expect(deviations(draws, () => randomisedResponse(2, 6, rational(3, 4), next), exact)).toBeLessThan(mostDeviations);
  });

  const mutants: [string, (next: NextByte) => number][] = [
    ["always tells the truth", () => 2],
    ["spends twice its ε", (next) => randomisedResponse(2, 6, rational(3, 2), next)],
    ["never lies with the last answer", (next) => randomisedResponse(2, 5, rational(3, 4), next)],
    [
      "draws again only once",
      (next) => {
        const first = Number(uniformBelow(6n, next));
        return first === 2 || happensExp(rational(3, 4), next) ? first : 2;
      },
    ],
  ];

  it.each(mutants)("that %s is found wrong", (name, draw) => {
    const next = testBytes(name);
    expect(deviations(draws, () => draw(next), exact)).toBeGreaterThan(mostDeviations);
  });
});
