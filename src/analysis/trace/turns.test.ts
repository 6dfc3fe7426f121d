import { describe, expect, it } from "vitest";
import { longTrace, modelCall } from "../../runs/sample-trace.fixture.ts";
import { turnTokens } from "./turns.ts";

const callsOf = (turns: number) => longTrace(turns).filter((node) => node.kind === "model_call");

describe("tokens by turn", () => {
  it("are of each turn where there are few", () => {
    const calls = callsOf(3);
    expect(turnTokens(calls, 12)).toEqual(
      calls.map(({ turn, input_tokens, output_tokens, cached_tokens }) => ({
        ...{ conversation: 0, from: turn, to: turn, calls: 1 },
        ...{ input_tokens, output_tokens, cached_tokens },
      })),
    );
  });

  it("are of several turns together where there are many, and lose none", () => {
    const calls = callsOf(50);
    const rows = turnTokens(calls, 12);
    expect(rows.length).toBeLessThanOrEqual(12);
    expect(rows.map(({ from, to }) => to - from + 1)).toEqual([...Array.from({ length: 10 }, () => 5)]);
    const sum = (of: readonly { input_tokens: number | null }[]) =>
      of.reduce((total, { input_tokens }) => total + (input_tokens ?? 0), 0);
    expect(sum(rows)).toBe(sum(calls));
  });

  it("have no cached part where the server did not say it for each call", () => {
    const calls = [modelCall(0, 0, 1, { cached_tokens: 16 }), modelCall(1, 1, 2, { cached_tokens: null })];
    expect(turnTokens(calls, 12)).toMatchObject([{ calls: 2, cached_tokens: null }]);
  });

  it("are of the calls that the server counted", () => {
    expect(turnTokens([modelCall(0, 0, 1, { input_tokens: null, output_tokens: null })], 12)).toEqual([]);
  });
});
