import { describe, expect, it } from "vitest";
import { modelCall, sampleTrace, toolCall } from "../../runs/sample-trace.fixture.ts";
import { sameInputs, sentAgain, toolUses } from "./repeats.ts";

const calls = sampleTrace().filter((node) => node.kind === "model_call");

describe("the same input again", () => {
  it("counts the calls after the first of an input, and their tokens", () => {
    expect(sameInputs(calls)).toEqual({ inputs: 1, calls: 1, input_tokens: 460 });
  });

  it("is none for calls whose input could not be read", () => {
    expect(sameInputs([modelCall(0, 0, 1), modelCall(1, 1, 2)])).toEqual({ inputs: 0, calls: 0, input_tokens: null });
  });
});

describe("input that was sent before", () => {
  it("is what an earlier call sent or received, and what of it was not cached", () => {
    const again = sentAgain([
      modelCall(0, 0, 1, { input_tokens: 100, cached_tokens: 0, input_pieces: [[0, 400]], output_piece: [1, 200] }),
      modelCall(1, 1, 2, {
        input_tokens: 200,
        cached_tokens: 96,
        input_pieces: [
          [0, 400],
          [1, 200],
          [2, 200],
        ],
      }),
    ]);
    // Half of the bytes between 100 and 200 are the reply's.
    expect(again).toEqual({ calls: 2, tokens: 150, cached_tokens: 96, not_cached_tokens: 54 });
  });

  it("is not known where no server says what it cached", () => {
    expect(sentAgain([modelCall(0, 0, 1, { cached_tokens: null })])).toBeNull();
  });
});

describe("tools", () => {
  it("are summed by name, the longest first, with the longest run of one after the other", () => {
    const nodes = ["a", "a", "b", "a", "a", "a"].map((name, id) => toolCall(id, id * 10, id * 10 + 5, { name }));
    expect(
      toolUses(nodes).map(({ name, calls: times, longest_run, wall_ms }) => [name, times, longest_run, wall_ms]),
    ).toEqual([
      ["a", 5, 3, 25],
      ["b", 1, 1, 5],
    ]);
  });

  it("without a result have no time", () => {
    expect(toolUses([toolCall(0, 5, null, { name: null })])).toMatchObject([
      { name: null, calls: 1, without_result: 1, wall_ms: 0 },
    ]);
  });
});
