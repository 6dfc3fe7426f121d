import { describe, expect, it } from "vitest";
import { drawLength, syntheticPrompt } from "./synthetic.ts";
import { seededRandom } from "../random.ts";
import { words } from "./words.ts";

const base = { seed: "s", runNonce: "run-a", inputTokens: { mean: 64, sd: 0 }, outputTokens: { mean: 10, sd: 4 } };

function textOf(request: Partial<typeof base> & { id: number }): string {
  const { content } = syntheticPrompt({ ...base, ...request });
  if (content.kind !== "text") throw new Error("not a text");
  return content.text;
}

describe("a synthetic prompt", () => {
  it("is as many words of the list as tokens are wanted", () => {
    const known = new Set(words);
    expect(known.size).toBe(words.length);
    for (const mean of [1, 2, 16, 1000]) {
      const text = textOf({ id: 3, inputTokens: { mean, sd: 0 } }).split(" ");
      expect(text).toHaveLength(mean);
      expect(text.filter((word) => !known.has(word))).toEqual([]);
    }
  });

  it("is the same for the same seed, run and request", () => {
    const request = { ...base, id: 7, inputTokens: { mean: 50, sd: 10 } };
    expect(syntheticPrompt(request)).toEqual(syntheticPrompt(request));
    expect(syntheticPrompt(request).wantedInputTokens).toBe(textOf(request).split(" ").length);
  });

  it("shares no first block of 16 tokens with any of ten thousand others, and no first word with its neighbours", () => {
    const texts = Array.from({ length: 10_000 }, (_, id) => textOf({ id, inputTokens: { mean: 16, sd: 0 } }));
    expect(new Set(texts).size).toBe(10_000);
    for (const start of [0, 500, 9000]) {
      const neighbours = texts.slice(start, start + words.length).map((text) => text.split(" ")[0]);
      expect(new Set(neighbours).size).toBe(words.length);
    }
  });

  it("shares no first block with the same request of another run or another seed", () => {
    const blocks = ["a", "b", "c", "d"].flatMap((runNonce) =>
      ["s", "t"].flatMap((seed) =>
        [0, 1, 929, 930].map((id) => textOf({ seed, runNonce, id }).split(" ").slice(0, 16).join(" ")),
      ),
    );
    expect(new Set(blocks).size).toBe(blocks.length);
  });

  it("names its run within its first ten words, whatever the request", () => {
    const runWords = (runNonce: string, id: number) => textOf({ runNonce, id }).split(" ").slice(4, 10).join(" ");
    const runs = Array.from({ length: 2000 }, (_, i) => runWords(`nonce ${i}`, i));
    expect(new Set(runs).size).toBe(2000);
    expect(runWords("nonce 5", 1)).toBe(runWords("nonce 5", 5));
  });

  it("wants the same lengths in every run of one seed", () => {
    const lengths = (runNonce: string) =>
      Array.from({ length: 50 }, (_, id) => {
        const prompt = syntheticPrompt({ ...base, runNonce, id, inputTokens: { mean: 50, sd: 20 } });
        return [prompt.wantedInputTokens, prompt.wantedOutputTokens];
      });
    expect(lengths("a")).toEqual(lengths("b"));
    expect(new Set(lengths("a").map(String)).size).toBeGreaterThan(25);
  });
});

describe("a drawn length", () => {
  const draw = (mean: number, sd: number) => {
    const random = seededRandom("lengths", `${mean} ${sd}`);
    return Array.from({ length: 20_000 }, () => drawLength({ mean, sd }, random));
  };

  it("has the mean and the deviation asked for", () => {
    const lengths = draw(200, 30);
    const mean = lengths.reduce((a, b) => a + b) / lengths.length;
    const sd = Math.sqrt(lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / lengths.length);
    // Four standard errors: 4 × 30/√20000 and 4 × 30/√40000.
    expect(Math.abs(mean - 200)).toBeLessThan(0.85);
    expect(Math.abs(sd - 30)).toBeLessThan(0.6);
  });

  it("is a whole number of at least 1, however wide the spread", () => {
    const lengths = draw(2, 50);
    expect(lengths.every((length) => Number.isInteger(length) && length >= 1)).toBe(true);
    expect(Math.max(...lengths)).toBeGreaterThan(50);
  });
});
