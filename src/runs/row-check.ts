/**
 * A quick check of rows, made from their zod schema. zod's own quick path generates code, which this program leaves
 * switched off, and its slow path takes longer than reading and parsing together. This one only says yes where zod would
 * return the value unchanged; whatever it does not know, or does not find as it should be, zod decides.
 */
import "./schemas/without-code-generation.ts";
import * as z from "zod";
import { checkOf, type Shape, type ShapeCheck } from "./shape.ts";

export function quickCheck(schema: z.core.$ZodType): ShapeCheck {
  return checkOf(shapeOf(schema));
}

/** As data, which can be worked out beforehand and used where zod is not loaded. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  if (schema instanceof z.ZodNumber) return numberShape(schema);
  if (schema instanceof z.ZodISODateTime) return patternShape(schema);
  if (schema instanceof z.ZodArray) return arrayShape(schema);
  if (schema instanceof z.ZodNullable) return { is: "null or", shape: shapeOf(schema.def.innerType) };
  if (hasChecks(schema)) return unknown;
  if (schema instanceof z.ZodObject) return objectShape(schema);
  if (schema instanceof z.ZodTuple)
    return schema.def.rest === null ? { is: "tuple", items: schema.def.items.map(shapeOf) } : unknown;
  if (schema instanceof z.ZodRecord)
    return { is: "record", key: shapeOf(schema.def.keyType), member: shapeOf(schema.def.valueType) };
  if (schema instanceof z.ZodEnum) return oneOf(schema.options);
  if (schema instanceof z.ZodLiteral) return oneOf(schema.def.values);
  if (schema instanceof z.ZodUnion) return { is: "any of", shapes: schema.def.options.map(shapeOf) };
  if (schema instanceof z.ZodString) return { is: "string" };
  if (schema instanceof z.ZodBoolean) return { is: "boolean" };
  return unknown;
}

const unknown: Shape = { is: "unknown" };

function hasChecks({ _zod: { def } }: z.core.$ZodType): boolean {
  return (def.checks?.length ?? 0) > 0;
}

/** Its fields, all of them and no others: zod would drop what it does not know. */
function objectShape({ def }: z.ZodObject): Shape {
  if (def.catchall !== undefined) return unknown;
  const fields = Object.entries<z.core.$ZodType>(def.shape).map(([name, field]) =>
    field instanceof z.ZodOptional
      ? { name, shape: hasChecks(field) ? unknown : shapeOf(field.def.innerType), isNeeded: false }
      : { name, shape: shapeOf(field), isNeeded: true },
  );
  return { is: "object", fields };
}

function numberShape(schema: z.ZodNumber): Shape {
  const shape: Extract<Shape, { is: "number" }> = { is: "number", whole: false };
  for (const check of checksOf(schema)) {
    if (check.check === "number_format" && check.format === "safeint") shape.whole = true;
    else if (check.check === "greater_than" && typeof check.value === "number") {
      const bound = check.inclusive === true ? "least" : "above";
      shape[bound] = Math.max(shape[bound] ?? -Infinity, check.value);
    } else return unknown;
  }
  return shape;
}

function arrayShape(schema: z.ZodArray): Shape {
  let fewest = 0;
  for (const check of checksOf(schema)) {
    if (check.check !== "min_length" || typeof check.minimum !== "number") return unknown;
    fewest = Math.max(fewest, check.minimum);
  }
  return { is: "array", element: shapeOf(schema.def.element), fewest };
}

function patternShape({ _zod: { def } }: z.ZodISODateTime): Shape {
  const { pattern, checks = [] } = def;
  // The pattern is the schema's own; a check beside it is somebody's.
  return pattern === undefined || checks.length > 0
    ? unknown
    : { is: "string", pattern: { source: pattern.source, flags: pattern.flags } };
}

interface Check {
  check: string;
  format?: string;
  value?: unknown;
  inclusive?: boolean;
  minimum?: unknown;
}

function checksOf({ _zod: { def } }: z.core.$ZodType): Check[] {
  return (def.checks ?? []).map(({ _zod: check }) => check.def);
}

function oneOf(values: readonly unknown[]): Shape {
  const plain = values.filter(
    (value) => value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value),
  ) as (string | number | boolean | null)[];
  return plain.length === values.length ? { is: "one of", values: plain } : unknown;
}
