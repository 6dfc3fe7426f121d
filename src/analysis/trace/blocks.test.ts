import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longTrace, modelCall } from "../../runs/sample-trace.fixture.ts";
import type { ModelCall } from "../../runs/schemas/agent-trace.ts";
import { blocksOfCalls } from "./blocks.ts";
import { pieceEnds } from "./positions.ts";

type Pieces = ModelCall["input_pieces"];

const call = (id: number, input_tokens: number | null, input_pieces: Pieces) =>
  modelCall(id, id, id + 1, { input_tokens, input_pieces });

describe("where pieces end", () => {
  it("is exact where the server counted, and shared out by bytes between", () => {
    const ends = pieceEnds([
      call(0, 100, [
        [0, 300],
        [1, 100],
      ]),
      call(1, 200, [
        [0, 300],
        [1, 100],
        [2, 150],
        [3, 50],
      ]),
    ]);
    expect(Object.fromEntries(ends)).toEqual({ 0: 75, 1: 100, 2: 175, 3: 200 });
  });

  it("takes an exact end from a later call as well", () => {
    const ends = pieceEnds([
      call(0, 200, [
        [0, 300],
        [1, 100],
      ]),
      call(1, 40, [[0, 300]]),
    ]);
    expect(Object.fromEntries(ends)).toEqual({ 0: 40, 1: 200 });
  });

  it("never runs backwards, whatever a server counted", () => {
    const ends = pieceEnds([
      call(0, 100, [
        [0, 10],
        [1, 10],
      ]),
      call(1, 30, [
        [0, 10],
        [1, 10],
        [2, 10],
      ]),
    ]);
    expect(ends.get(2)).toBeLessThanOrEqual(100);
    expect(ends.get(0)).toBeLessThanOrEqual(ends.get(1) ?? 0);
  });

  it("knows nothing of calls that nobody counted", () => {
    expect(pieceEnds([call(0, null, [[0, 10]])]).size).toBe(0);
  });
});

describe("blocks", () => {
  it("are numbered from 0 in the order of first use", () => {
    const blocks = blocksOfCalls([call(0, 40, [[7, 10]]), call(1, 40, [[9, 10]])], 16, "kept");
    expect([...blocks.values()]).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it("are shared up to where two inputs part", () => {
    const [first, second] = blocksOfCalls(
      [
        call(0, 64, [[0, 64]]),
        call(1, 96, [
          [0, 64],
          [1, 32],
        ]),
      ],
      16,
      "kept",
    ).values();
    expect(second?.slice(0, 4)).toEqual(first);
    expect(second).toHaveLength(6);
  });

  it("differ where the block is not full in one of the two", () => {
    const [first, second] = blocksOfCalls(
      [
        call(0, 24, [[0, 24]]),
        call(1, 64, [
          [0, 24],
          [1, 40],
        ]),
      ],
      16,
      "kept",
    ).values();
    expect(first).toEqual([0, 1]);
    expect(second?.[0]).toBe(0);
    expect(second?.[1]).not.toBe(1);
  });

  it("that are not full are left out on demand", () => {
    expect(blocksOfCalls([call(0, 40, [[0, 1]])], 16, "dropped").get(0)).toEqual([0, 1]);
  });

  it("cover the input, no more and no less, and grow with a conversation", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.constantFrom(16, 64, 512), (turns, size) => {
        const calls = longTrace(turns).filter((node) => node.kind === "model_call");
        const blocks = blocksOfCalls(calls, size, "kept");
        let before: number[] = [];
        for (const { id, input_tokens } of calls) {
          const own = blocks.get(id) ?? [];
          expect(own).toHaveLength(Math.ceil((input_tokens ?? 0) / size));
          // All full blocks of the turn before are the beginning of this one.
          const full = before.slice(0, -1);
          expect(own.slice(0, full.length)).toEqual(full);
          before = own;
        }
      }),
      { numRuns: 30 },
    );
  });
});
