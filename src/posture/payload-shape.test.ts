/** What is published of the payload's schema, held to the schema. To bring it up to date: `npx vitest run src/posture/payload-shape.test.ts -u`. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { canonicalJson, prettyJson } from "../json.ts";
import { PAYLOAD_SCHEMA, payloadSchemaHash } from "./payload-schema.ts";
import { payloadJsonSchema, payloadShape } from "./payload-shape.ts";

describe("the schema of a payload", () => {
  it("is published as it is", async () => {
    const path = join(import.meta.dirname, "../../docs/telemetry/v1/payload.schema.json");
    await expect(prettyJson(payloadJsonSchema())).toMatchFileSnapshot(path);
  });

  it("has the hash that consent is bound to", () => {
    expect(createHash("sha256").update(canonicalJson(payloadJsonSchema())).digest("hex")).toBe(payloadSchemaHash);
  });

  it("is closed: no object takes another member, and no value is free", () => {
    const parts = partsOf(payloadShape);
    const objects = parts.filter((part) => part instanceof z.ZodObject);
    expect(objects.filter(({ def }) => !(def.catchall instanceof z.ZodNever))).toEqual([]);
    const tuples = parts.filter((part) => part instanceof z.ZodTuple);
    expect(tuples.filter(({ def }) => def.rest !== null)).toEqual([]);
    const values = parts.filter((part) => part instanceof z.ZodEnum || part instanceof z.ZodLiteral);
    const unions = parts.filter((part) => part instanceof z.ZodUnion);
    expect(objects.length + tuples.length + values.length + unions.length).toBe(parts.length);
    expect(objects.length).toBeGreaterThan(40);
    expect(values.length).toBeGreaterThan(60);
  });

  it("says what each number means and from how many requests on, so that this cannot change without it", () => {
    const text = canonicalJson(payloadJsonSchema());
    expect(text).toContain("Median time to first token. Withheld below 231 requests.");
    expect(text).toContain(PAYLOAD_SCHEMA);
  });
});

/** The schema and everything in it. */
function partsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const inner: readonly z.core.$ZodType[] =
    schema instanceof z.ZodObject
      ? Object.values<z.core.$ZodType>(schema.def.shape)
      : schema instanceof z.ZodUnion
        ? schema.def.options
        : schema instanceof z.ZodTuple
          ? schema.def.items
          : [];
  return [schema, ...inner.flatMap(partsOf)];
}
