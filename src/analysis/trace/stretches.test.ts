import { describe, expect, it } from "vitest";
import { modelCall, toolCall } from "../../runs/sample-trace.fixture.ts";
import { stretchesOf } from "./stretches.ts";

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
