import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { quickCheck, shapeOf } from "./row-check.ts";
import { sampleClient, sampleGaps, sampleRequest, sampleStart, sampleTimeline } from "./sample-run.fixture.ts";
import { clientRowSchema } from "./schemas/client.ts";
import { gapsRowSchema } from "./schemas/gaps.ts";
import { requestRowSchema } from "./schemas/request.ts";
import { type Run, runSchema } from "./schemas/run.ts";
import { timelineRowSchema } from "./schemas/timeline.ts";
import { checkOf, type Shape } from "./shape.ts";

const sampleManifest: Run = {
  ...sampleStart,
  schema: "inferguard-run/v1",
  run_id: "20260102-030405-bench-abc123",
  status: "completed",
  status_reason: null,
  started_at: "2026-01-02T03:04:05.678Z",
  ended_at: null,
  process: { pid: 1, start_time: null },
  artifacts: { "requests.jsonl": "inferguard-request/v1" },
  missing: [{ what: "a", why: "b" }],
};

const kinds: [string, z.ZodType, object][] = [
  ["requests", requestRowSchema, sampleRequest(0)],
  ["gaps", gapsRowSchema, sampleGaps],
  ["client", clientRowSchema, sampleClient],
  ["timeline", timelineRowSchema, sampleTimeline],
  ["manifests", runSchema, sampleManifest],
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
    ["a default", z.object({ a: z.number().default(1) }), { a: 1 }],
    ["an upper bound", z.number().max(3), 2],
    ["a pattern of its own", z.string().regex(/a/), "a"],
    ["a time with a bound", z.iso.datetime().max(30), "2026-01-02T03:04:05Z"],
    ["a longest array", z.array(z.number()).max(3), [1]],
    ["a number that JSON has no form for", z.literal(Infinity), Infinity],
  ] as [string, z.ZodType, unknown][])("leaves %s to zod", (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(true);
    expect(quickCheck(schema)(value)).toBe(false);
  });

  it.each([
    ["an optional field that is there", z.object({ a: z.number().optional() }), { a: 1 }, true],
    ["an optional field that is not", z.object({ a: z.number().optional() }), {}, true],
    ["an optional field of the wrong kind", z.object({ a: z.number().optional() }), { a: null }, false],
    ["a field that objects inherit", z.object({ toString: z.string() }), {}, false],
    ["a number above its bound", z.number().positive(), 1e-9, true],
    ["a number at a bound that it has to pass", z.number().positive(), 0, false],
    ["an array with as many as it needs", z.array(z.boolean()).min(1), [true], true],
    ["an array with too few", z.array(z.boolean()).min(1), [], false],
    ["one of a union", z.discriminatedUnion("a", [z.object({ a: z.literal("b") })]), { a: "b" }, true],
    ["none of a union", z.discriminatedUnion("a", [z.object({ a: z.literal("b") })]), { a: "c" }, false],
    ["a time", z.iso.datetime(), "2026-02-28T23:59:59.9Z", true],
    ["a day that is none", z.iso.datetime(), "2026-02-29T00:00:00Z", false],
  ] as [string, z.ZodType, unknown, boolean][])("says of %s what zod says", (_, schema, value, taken) => {
    expect(schema.safeParse(value).success).toBe(taken);
    expect(quickCheck(schema)(value)).toBe(taken);
    expect(checkOf(JSON.parse(JSON.stringify(shapeOf(schema))) as Shape)(value)).toBe(taken);
  });
});
