import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockPrompt } from "./block-prompt.ts";
import type { TraceRow } from "./trace-row.ts";

const row = (inputTokens: number, blocks: number[], blockTokens: number | null = 16): TraceRow => ({
  ...{ where: "", atMs: 0, outputTokens: 1, fullOnly: false },
  ...{ inputTokens, blocks, blockTokens },
});
const wordsOf = (of: TraceRow, run = "run", index = 0) => blockPrompt(of, run, index).split(" ");

describe("a prompt of blocks", () => {
  it("has as many words as the row has tokens", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 64 }), (length, size) => {
        const blocks = Array.from({ length: Math.ceil(length / size) }, (_, place) => place);
        expect(wordsOf(row(length, blocks, size))).toHaveLength(length);
      }),
    );
  });

  it("has equal words for equal blocks, wherever they stand and however much of the last one is wanted", () => {
    const first = wordsOf(row(40, [7, 8, 9]));
    const second = wordsOf(row(64, [7, 8, 9, 10]), "run", 5);
    expect(second.slice(0, 40)).toEqual(first);
  });

  it("has other words for other blocks, from the first word on", () => {
    const firsts = Array.from({ length: 900 }, (_, block) => wordsOf(row(16, [block]))[0]);
    expect(new Set(firsts).size).toBe(900);
    const whole = Array.from({ length: 3000 }, (_, block) => blockPrompt(row(16, [block]), "run", 0));
    expect(new Set(whole).size).toBe(3000);
  });

  it("ends in words of its own where blocks do not cover the input", () => {
    const [first, second] = [wordsOf(row(20, [1]), "run", 0), wordsOf(row(20, [1]), "run", 1)];
    expect(first.slice(0, 16)).toEqual(second.slice(0, 16));
    expect(first.slice(16)).not.toEqual(second.slice(16));
  });

  it("shares nothing where the row has no blocks", () => {
    expect(wordsOf(row(8, [], null), "run", 0)[0]).not.toBe(wordsOf(row(8, [], null), "run", 1)[0]);
  });

  it("is another in another run", () => {
    expect(wordsOf(row(32, [0, 1]), "one")).not.toEqual(wordsOf(row(32, [0, 1]), "two"));
  });
});
