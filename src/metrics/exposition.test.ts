import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExpositionError, parseExposition } from "./exposition.ts";
import type { Labels } from "./exposition/tokens.ts";

const cases = JSON.parse(
  readFileSync(new URL("../../test/fixtures/openmetrics/cases.json", import.meta.url), "utf8"),
) as { name: string; shouldParse: boolean; text: string }[];

const prometheus = (text: string) => parseExposition(text, { format: "prometheus" });
const tolerant = (text: string) => parseExposition(text, { format: "prometheus", tolerant: true });
const openMetrics = (text: string) => parseExposition(text, { format: "openmetrics" });

function faultOf(parse: () => unknown): ExpositionError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ExpositionError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("the OpenMetrics test data", () => {
  it("is there whole", () => {
    expect(cases.length).toBe(211);
    expect(cases.filter(({ shouldParse }) => shouldParse).length).toBe(44);
  });

  it.each(cases.filter(({ shouldParse }) => shouldParse))("accepts $name", ({ text }) => {
    expect(openMetrics(text).problemCount).toBe(0);
  });

  it.each(cases.filter(({ shouldParse }) => !shouldParse))("refuses $name", ({ text }) => {
    const { line } = faultOf(() => openMetrics(text));
    expect(line).toBeLessThanOrEqual(text.split("\n").length);
  });

  it.each(cases)("never throws on $name when it is tolerant", ({ text }) => {
    for (const format of ["prometheus", "openmetrics"] as const)
      expect(() => parseExposition(text, { format, tolerant: true })).not.toThrow();
  });
});

describe("what it reads", () => {
  it("keeps a histogram's samples together, with exemplars and the time in milliseconds", () => {
    const { families } = openMetrics(
      [
        "# TYPE a_seconds histogram",
        "# UNIT a_seconds seconds",
        '# HELP a_seconds Said \\"so\\"\\nby us',
        'a_seconds_bucket{le="0.5"} 1 1.5 # {trace="x"} 0.3 1.25',
        'a_seconds_bucket{le="+Inf"} 2 1.5',
        "a_seconds_sum 1.25 1.5",
        "a_seconds_count 2 1.5",
        "a_seconds_created 1 1.5",
        "# EOF",
      ].join("\n"),
    );
    expect(families).toHaveLength(1);
    expect(families[0]).toMatchObject({
      name: "a_seconds",
      type: "histogram",
      unit: "seconds",
      help: 'Said "so"\nby us',
    });
    expect(families[0]?.samples.map(({ name }) => name)).toEqual([
      "a_seconds_bucket",
      "a_seconds_bucket",
      "a_seconds_sum",
      "a_seconds_count",
      "a_seconds_created",
    ]);
    expect(families[0]?.samples[0]).toMatchObject({ timestampMs: 1500, exemplar: { value: 0.3, timestampMs: 1250 } });
  });

  it("reads the Prometheus format's own ways: free blanks, comments, a last comma, untyped, milliseconds", () => {
    const { families } = prometheus(
      '#no keyword\n\n# TYPE  a   untyped\n  a { x = "1" , y="\\\\\\"\\n" , }  +Inf  1500 \n# TYPE b_total counter\nb_total 1\r\n',
    );
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ["a", "unknown"],
      ["b_total", "counter"],
    ]);
    const sample = families[0]?.samples[0];
    expect(sample).toMatchObject({ value: Infinity, timestampMs: 1500 });
    expect([...(sample?.labels ?? [])]).toEqual([
      ["x", "1"],
      ["y", '\\"\n'],
    ]);
  });

  it.each([
    ["1", 1],
    ["-0.5e-3", -0.0005],
    [".5", 0.5],
    ["NaN", NaN],
    ["-Inf", -Infinity],
    ["infinity", Infinity],
  ])("reads the value %s", (text, value) => {
    expect(prometheus(`a ${text}\n`).families[0]?.samples[0]?.value).toBe(value);
  });

  it.each(["prometheus", "openmetrics"] as const)("reads quoted names in %s", (format) => {
    const text = '# TYPE "a.b é" gauge\n{"a.b é","x y"="1"} 1\n# EOF\n';
    const [family] = parseExposition(text, { format }).families;
    expect(family).toMatchObject({ name: "a.b é", type: "gauge" });
    expect(family?.samples[0]?.labels.get("x y")).toBe("1");
  });

  it("does not let a label reach the objects it is kept in", () => {
    const [family] = prometheus('a{__proto__="x",constructor="y"} 1\n').families;
    expect(family?.samples[0]?.labels.get("__proto__")).toBe("x");
  });

  it("puts samples of the Prometheus format into their family in any order", () => {
    const { families } = tolerant("# TYPE a counter\n# TYPE b gauge\na 1\nb 2\na_total 3\n");
    expect(families.map(({ samples }) => samples.map(({ value }) => value))).toEqual([[1, 3], [2]]);
  });
});

describe("what it refuses", () => {
  it.each([
    ["a 1\nb {\n", 2],
    ["# TYPE a gauge\n# TYPE a gauge\n", 2],
    ["a 1\n# TYPE a gauge\n", 2],
    ["# TYPE a thing\n", 1],
    ["# TYPE a histogram\n\na 1\n", 3],
    ['a{x="1"y="2"} 1\n', 1],
    ['a{x="1} 1\n', 1],
    ["a 1 2 3\n", 1],
    ['a 1 # {x="1"} 1\n', 1],
    ['{"a"} 1\n{"b"}\n', 2],
    ['a{"b"} 1\n', 1],
  ])("names the line of %j", (text, line) => {
    const fault = faultOf(() => prometheus(text));
    expect(fault.line).toBe(line);
    expect(fault.message).toMatch(new RegExp(`^line ${line}: .{10}`));
  });
});

describe("a page that a server happens to have", () => {
  it("loses a bad line, says which, and keeps every other", () => {
    const page = tolerant('a 1\nthis is not a sample\nb{x="1} 2\nc 3\n<html>\nd 4');
    expect(page.families.map(({ name }) => name)).toEqual(["a", "c", "d"]);
    expect(page.problems.map(({ line }) => line)).toEqual([2, 3, 5]);
    expect(page.problemCount).toBe(3);
  });

  it("counts bad lines without end and keeps the first twenty", () => {
    const page = tolerant("?\n".repeat(5000));
    expect(page.problemCount).toBe(5000);
    expect(page.problems).toHaveLength(20);
  });

  it("reads OpenMetrics that is not exact, and says that its end is missing", () => {
    const page = parseExposition("# a comment\n\n# TYPE a counter\na 1  2.5 \n", {
      format: "openmetrics",
      tolerant: true,
    });
    expect(page.families[0]?.samples[0]).toMatchObject({ name: "a", value: 1, timestampMs: 2500 });
    expect(page.problems[0]?.message).toContain("# EOF");
  });

  it("leaves out the family that a cut page may have only a part of, and says so", () => {
    const page = parseExposition('a 1\nb{x="1"} 1\nb{x="2"} 2\nb{x="3"} 1', {
      format: "prometheus",
      tolerant: true,
      cut: true,
    });
    expect(page.families.map(({ name }) => name)).toEqual(["a"]);
    expect(page.leftOut).toBe("everything after line 3, and the whole of b");
  });

  it("leaves out a scattered family of a cut page too: more of it may have followed", () => {
    const page = parseExposition('a{x="1"} 1\nb 1\na{x="2"} 1\nc 1\nd 1\n', {
      format: "prometheus",
      tolerant: true,
      cut: true,
    });
    expect(page.families.map(({ name }) => name)).toEqual(["b", "c"]);
  });

  it("survives any text", () => {
    const line = fc.string({
      unit: fc.constantFrom("a", "_", "{", "}", '"', "\\", ",", "=", " ", "#", "1", ".", "\t", "\n"),
    });
    fc.assert(
      fc.property(line, fc.boolean(), (text, cut) => {
        for (const format of ["prometheus", "openmetrics"] as const)
          parseExposition(text, { format, tolerant: true, cut });
      }),
      { numRuns: 2000 },
    );
  });
});

describe("parse after print", () => {
  const name = fc
    .stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/)
    .filter((text) => !/_(total|bucket|sum|count)$/.test(text));
  const labels = fc.dictionary(
    fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    {
      maxKeys: 4,
    },
  );
  const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity));
  const timestampMs = fc.option(fc.integer({ min: 0, max: 2 ** 45 }));
  const series = fc.array(fc.record({ labels, value, timestampMs }), { minLength: 1, maxLength: 5 });

  it("is identity", () => {
    fc.assert(
      fc.property(fc.dictionary(name, series, { minKeys: 1, maxKeys: 4 }), (families) => {
        const text = Object.entries(families)
          .map(([family, samples]) => samples.map((sample) => printSample(family, sample)).join(""))
          .join("");
        const parsed = prometheus(text).families;
        expect(
          parsed.map(({ name: family, samples }) => [
            family,
            samples.map((sample) => ({
              labels: Object.fromEntries(sample.labels),
              value: sample.value,
              timestampMs: sample.timestampMs,
            })),
          ]),
        ).toEqual(
          Object.entries(families).map(([family, samples]) => [
            family,
            samples.map((sample) => ({ ...sample, labels: { ...sample.labels } })),
          ]),
        );
      }),
    );
  });
});

function printSample(
  name: string,
  sample: { labels: Record<string, string>; value: number; timestampMs: number | null },
): string {
  const labels: Labels = new Map(Object.entries(sample.labels));
  const block = [...labels].map(
    ([label, text]) => `${label}="${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`,
  );
  const value = Number.isNaN(sample.value) ? "NaN" : Object.is(sample.value, -0) ? "-0" : String(sample.value);
  return `${name}{${block.join(",")}} ${value.replace("Infinity", "Inf")}${sample.timestampMs === null ? "" : ` ${sample.timestampMs}`}\n`;
}
