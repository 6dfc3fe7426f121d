/**
 * A quick check of rows, made from their zod schema. zod's own quick path generates code, which this program leaves
 * switched off, and its slow path takes longer than reading and parsing together. This one only says yes where zod would
 * return the value unchanged; whatever it does not know, or does not find as it should be, zod decides.
 */
import "./schemas/without-code-generation.ts";
import * as z from "zod";

export type RowCheck = (value: unknown) => boolean;

export function quickCheck(schema: z.core.$ZodType): RowCheck {
  if (schema instanceof z.ZodNumber) return checkNumber(schema);
  if (schema instanceof z.ZodNullable) return checkNullable(quickCheck(schema.def.innerType));
  if (hasChecks(schema)) return never;
  if (schema instanceof z.ZodObject) return checkObject(schema);
  if (schema instanceof z.ZodArray) return checkArray(quickCheck(schema.def.element));
  if (schema instanceof z.ZodTuple) return checkTuple(schema);
  if (schema instanceof z.ZodRecord) return checkRecord(schema);
  if (schema instanceof z.ZodEnum) return checkEnum(new Set<unknown>(schema.options));
  if (schema instanceof z.ZodString) return (value) => typeof value === "string";
  return never;
}

const never: RowCheck = () => false;

function hasChecks({ _zod: { def } }: z.core.$ZodType): boolean {
  return (def.checks?.length ?? 0) > 0;
}

/** Its fields, all of them and no others. */
function checkObject(schema: z.ZodObject): RowCheck {
  if (schema.def.catchall !== undefined) return never;
  const fields = Object.entries<z.core.$ZodType>(schema.def.shape).map(([name, field]) => ({
    name,
    check: quickCheck(field),
  }));
  return (value) =>
    isObject(value) &&
    Object.keys(value).length === fields.length &&
    fields.every(({ name, check }) => check(value[name]));
}

function checkNumber(schema: z.ZodNumber): RowCheck {
  const checks: NumberCheck[] = (schema.def.checks ?? []).map(({ _zod: { def } }) => def);
  let least = -Infinity;
  let whole = false;
  for (const check of checks) {
    if (check.check === "number_format" && check.format === "safeint") whole = true;
    else if (check.check === "greater_than" && check.inclusive) least = Math.max(least, Number(check.value));
    else return never;
  }
  return (value) =>
    typeof value === "number" && (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) && value >= least;
}

interface NumberCheck {
  check: string;
  format?: string;
  value?: unknown;
  inclusive?: boolean;
}

function checkNullable(inner: RowCheck): RowCheck {
  return (value) => value === null || inner(value);
}

function checkArray(element: RowCheck): RowCheck {
  return (value) => Array.isArray(value) && value.every(element);
}

function checkTuple(schema: z.ZodTuple): RowCheck {
  if (schema.def.rest !== null) return never;
  const items = schema.def.items.map(quickCheck);
  return (value) =>
    Array.isArray(value) && value.length === items.length && items.every((item, index) => item(value[index]));
}

function checkRecord(schema: z.ZodRecord): RowCheck {
  const key = quickCheck(schema.def.keyType);
  const member = quickCheck(schema.def.valueType);
  // zod drops a member named __proto__.
  return (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, inner]) => name !== "__proto__" && key(name) && member(inner));
}

function checkEnum(options: ReadonlySet<unknown>): RowCheck {
  return (value) => options.has(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
