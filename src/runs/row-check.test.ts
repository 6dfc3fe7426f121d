import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { quickCheck } from "./row-check.ts";
import { sampleClient, sampleGaps, sampleRequest, sampleTimeline } from "./sample-run.fixture.ts";
import { clientRowSchema } from "./schemas/client.ts";
import { gapsRowSchema } from "./schemas/gaps.ts";
import { requestRowSchema } from "./schemas/request.ts";
import { timelineRowSchema } from "./schemas/timeline.ts";

const kinds: [string, z.ZodType, object][] = [
  ["requests", requestRowSchema, sampleRequest(0)],
  ["gaps", gapsRowSchema, sampleGaps],
  ["client", clientRowSchema, sampleClient],
  ["timeline", timelineRowSchema, sampleTimeline],
];

/** The row with some values, at any depth, replaced by something else, and perhaps a member more or less. */
function damaged(row: object): fc.Arbitrary<unknown> {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(null, "", -1, 0.5, 2 ** 53, [], {}, true, "ok", [null, 1]),
    fc.jsonValue(),
  );
  const change = fc.record({
    path: fc.infiniteStream(fc.nat(40)),
    value: odd,
    action: fc.constantFrom("set", "drop", "add"),
  });
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const copy = structuredClone(row) as Record<string, unknown>;
    for (const { path, value, action } of changes) {
      let at = copy;
      for (const step of path) {
        const names = Object.keys(at);
        const name = names[step % (names.length || 1)] ?? "0";
        const inner = at[name];
        if (typeof inner === "object" && inner !== null && step % 3 > 0) {
          at = inner as Record<string, unknown>;
          continue;
        }
        if (action === "drop") delete at[name];
        else at[action === "add" ? "added" : name] = structuredClone(value);
        break;
      }
    }
    return JSON.parse(JSON.stringify(copy)) as unknown;
  });
}

describe.each(kinds)("the quick check of %s", (_, schema, row) => {
  const isSurelyRow = quickCheck(schema);

  it("takes a good row", () => {
    expect(isSurelyRow(row)).toBe(true);
  });

  it("never takes what zod would refuse or change", () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(damaged(row), (value) => {
        if (!isSurelyRow(value)) return void refused++;
        taken++;
        expect(schema.parse(value)).toEqual(value);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(100);
  });
});

describe("the quick check", () => {
  it.each([
    ["a refinement", z.number().refine((value) => value > 1), 2],
    ["a refinement of an object", z.object({}).refine(() => true), {}],
    ["a transformation", z.string().transform((text) => text.length), "a"],
    ["a strict object", z.strictObject({ a: z.number() }), { a: 1 }],
    ["an optional field", z.object({ a: z.number().optional() }), { a: 1 }],
    ["an upper bound", z.number().max(3), 2],
    ["a pattern", z.string().regex(/a/), "a"],
  ] as [string, z.ZodType, unknown][])("leaves %s to zod", (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(true);
    expect(quickCheck(schema)(value)).toBe(false);
  });
});
