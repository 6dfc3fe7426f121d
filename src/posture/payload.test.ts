import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capacityBits } from "./payload-capacity.ts";
import { factsOf } from "./payload-facts.ts";
import { anyContent, outcomesIn } from "./payload-content.fixture.ts";
import { type FieldName, fieldNames, payloadClaims, payloadKinds } from "./payload-fields.ts";
import type { Outcome } from "./payload-outcomes.ts";
import { sampleNoise, sampleRun } from "./payload-run.fixture.ts";
import { payloadShape } from "./payload-shape.ts";
import { contentOf, payloadText, readPayload, spentMilli } from "./payload.ts";

const sample = payloadText(contentOf(factsOf(sampleRun()), sampleNoise()));

describe("the bytes of a payload", () => {
  it("never change for the same numbers and the same seed", () => {
    expect(sample).toMatchSnapshot();
    for (let count = 0; count < 100; count++)
      expect(payloadText(contentOf(factsOf(sampleRun()), sampleNoise()))).toBe(sample);
  });

  it("are of the schema, in one order, in ASCII, and read back as what they were made of", () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        const text = payloadText(content);
        expect(text).toMatch(/^[\n\x20-\x7e]+$/);
        expect(payloadShape.safeParse(JSON.parse(text)).success).toBe(true);
        expect(readPayload(text)).toEqual(content);
        expect(text.match(/^ {2,4}"\w+"/gm)).toEqual(sample.match(/^ {2,4}"\w+"/gm));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["another value", (text: string) => text.replace(/"ttft_p50": "[^"]+"/, '"ttft_p50": "147.25 ms"')],
    [
      "a value that its noise does not go with",
      (text: string) => text.replace(/"gpu_count": "[^"]+"/, '"gpu_count": "withheld"'),
    ],
    ["another ε", (text: string) => text.replace("0.15", "0.1")],
    ["another sum of ε", (text: string) => text.replace('"epsilon": 0.7', '"epsilon": 0.25')],
    ["another reason", (text: string) => text.replace("not_a_sweep", "n_too_small")],
    ["one more member", (text: string) => text.replace('"kind"', '"host": "h",\n  "kind"')],
    ["one member twice", (text: string) => text.replace('"kind"', '"claim": "measured",\n  "kind"')],
    ["a member less", (text: string) => text.replace('  "claim": "measured",\n', "")],
    ["another order", (text: string) => text.replace(/( {2}"kind": .*\n)( {2}"claim": .*\n)/, "$2$1")],
    ["another indent", (text: string) => text.replaceAll("  ", " ")],
    ["a blank after its end", (text: string) => `${text} `],
    ["no newline at its end", (text: string) => text.trimEnd()],
    ["an escape for a letter", (text: string) => text.replace('"kind"', '"\\u006bind"')],
    ["another kind", (text: string) => text.replace("bench-summary", "metrics-rollup")],
    ["another version", (text: string) => text.replace("telemetry/v1", "telemetry/v2")],
    ["nothing", () => ""],
    ["something that is not JSON", () => "{"],
    ["a list", () => "[]"],
    ["null", () => "null"],
  ])("with %s are no payload", (_, change) => {
    expect(readPayload(sample)).not.toBeNull();
    expect(change(sample)).not.toBe(sample);
    expect(readPayload(change(sample))).toBeNull();
  });
});

describe("the budget of a payload", () => {
  it("is the sum of what its noise cost, apart for a request and for the run", () => {
    const spent = (changes = {}) => spentMilli(contentOf(factsOf(sampleRun(changes)), sampleNoise()).outcomes);
    expect(spent()).toEqual({ row: 150 + 250 + 150 + 150, run: 750 });
    expect(spent({ requests: 231, gpus: null })).toEqual({ row: 150, run: 0 });
    expect(spent({ requests: null, duration_ms: 1000 })).toEqual({ row: 0, run: 750 });
    const levels = [1, 2].map((concurrency) => ({ mode: "closed" as const, concurrency }));
    expect(spent({ levels, requests: 10 })).toEqual({ row: 250, run: 1000 });
  });

  it("is nothing without a seed", () => {
    expect(spentMilli(contentOf(factsOf(sampleRun()), null).outcomes)).toEqual({ row: 0, run: 0 });
  });

  it("never goes above one, for either", () => {
    fc.assert(
      fc.property(anyContent, ({ outcomes }) => {
        const { row, run } = spentMilli(outcomes);
        expect(Math.max(row, run)).toBeLessThanOrEqual(1000);
      }),
    );
  });
});

describe("the capacity of a payload", () => {
  it.each(payloadKinds)("of the kind %s is the logarithm of how many there are, counted one by one", (kind) => {
    // Fields do not depend on each other here, so the fields of one are counted while the others stay.
    let bits = Math.log2(payloadClaims.length);
    for (const field of fieldNames) {
      const base = Object.fromEntries(fieldNames.map((name) => [name, outcomesIn(name, kind)[0]])) as Record<
        FieldName,
        Outcome
      >;
      const texts = outcomesIn(field, kind).map((outcome) =>
        payloadText({ kind, claim: "measured", outcomes: { ...base, [field]: outcome } }),
      );
      expect(new Set(texts).size).toBe(texts.length);
      bits += Math.log2(texts.length);
    }
    expect(capacityBits(kind)).toBe(Math.ceil(bits * 10) / 10);
  });

  it("stays below 29 bits", () => {
    expect(payloadKinds.map(capacityBits)).toEqual([28.1, 20.7, 4]);
  });
});
