import { describe, expect, it } from "vitest";
import { modelCall, toolCall } from "../../runs/sample-trace.fixture.ts";
import { coarse, stretchesOf } from "./stretches.ts";

const of = (nodes: Parameters<typeof stretchesOf>[0][number]["node"][], wallMs: number) =>
  stretchesOf(
    nodes.map((node) => ({ node })),
    wallMs,
  ).map(({ fromMs, toMs, doing }) => `${fromMs}-${toMs} ${doing}`);

describe("what a run was doing", () => {
  it("is the model's while any call is under way, a tool's while one is beside none, and neither's else", () => {
    expect(of([modelCall(0, 10, 30), modelCall(1, 20, 40), toolCall(2, 35, 60), toolCall(3, 50, 70)], 100)).toEqual([
      "0-10 neither",
      "10-40 model",
      "40-70 tool",
      "70-100 neither",
    ]);
  });

  it("has no gap where one thing follows another at once, and ends with the run", () => {
    expect(of([modelCall(0, 0, 50), toolCall(1, 50, 80), modelCall(2, 80, 500)], 100)).toEqual([
      "0-50 model",
      "50-80 tool",
      "80-100 model",
    ]);
  });

  it("counts a tool without a result for nothing", () => {
    expect(of([toolCall(0, 10, null)], 20)).toEqual(["0-20 neither"]);
  });
});

describe("the same in cells", () => {
  it("is as it was where there are cells enough", () => {
    const few = stretchesOf([{ node: modelCall(0, 10, 30) }], 100);
    expect(coarse(few, 100, 10)).toEqual(few);
  });

  it("is what each cell has at its middle, and covers the run without a gap", () => {
    const nodes = Array.from({ length: 50 }, (_, place) => ({ node: modelCall(place, place * 20, place * 20 + 10) }));
    const cells = coarse(stretchesOf(nodes, 1000), 1000, 20);
    expect(cells.length).toBeLessThanOrEqual(20);
    expect(cells[0]?.fromMs).toBe(0);
    expect(cells.at(-1)?.toMs).toBe(1000);
    for (const [place, { fromMs }] of cells.entries()) expect(fromMs).toBe(place === 0 ? 0 : cells[place - 1]?.toMs);
  });
});
