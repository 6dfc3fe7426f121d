/**
 * What a JSON value has to look like, as data, and a quick check of it. A zod schema can be turned into a shape
 * (row-check.ts) where it does nothing but look; then a value that has the shape is one that zod would return unchanged.
 */

export type Shape =
  /** Nothing surely has it. */
  | { is: "unknown" }
  | { is: "string"; pattern?: { source: string; flags: string } }
  | { is: "boolean" }
  | { is: "number"; whole: boolean; least?: number; above?: number }
  | { is: "one of"; values: readonly (string | number | boolean | null)[] }
  | { is: "null or"; shape: Shape }
  /** Its fields and no others; those that are not needed can be absent. */
  | { is: "object"; fields: readonly { name: string; shape: Shape; isNeeded: boolean }[] }
  | { is: "record"; key: Shape; member: Shape }
  | { is: "array"; element: Shape; fewest: number }
  | { is: "tuple"; items: readonly Shape[] }
  | { is: "any of"; shapes: readonly Shape[] };

export type ShapeCheck = (value: unknown) => boolean;

export function checkOf(shape: Shape): ShapeCheck {
  switch (shape.is) {
    case "unknown":
      return () => false;
    case "string":
      return checkString(shape);
    case "boolean":
      return (value) => typeof value === "boolean";
    case "number":
      return checkNumber(shape);
    case "one of": {
      const values = new Set<unknown>(shape.values);
      return (value) => values.has(value);
    }
    case "null or": {
      const inner = checkOf(shape.shape);
      return (value) => value === null || inner(value);
    }
    case "object":
      return checkObject(shape);
    case "record":
      return checkRecord(shape);
    case "array": {
      const element = checkOf(shape.element);
      return (value) => Array.isArray(value) && value.length >= shape.fewest && value.every(element);
    }
    case "tuple": {
      const items = shape.items.map(checkOf);
      return (value) =>
        Array.isArray(value) && value.length === items.length && items.every((item, index) => item(value[index]));
    }
    case "any of": {
      const checks = shape.shapes.map(checkOf);
      return (value) => checks.some((check) => check(value));
    }
  }
}

type ShapeOf<Is extends Shape["is"]> = Extract<Shape, { is: Is }>;

function checkString({ pattern }: ShapeOf<"string">): ShapeCheck {
  if (pattern === undefined) return (value) => typeof value === "string";
  const expression = new RegExp(pattern.source, pattern.flags);
  return (value) => typeof value === "string" && expression.test(value);
}

function checkNumber({ whole, least = -Infinity, above = -Infinity }: ShapeOf<"number">): ShapeCheck {
  return (value) =>
    typeof value === "number" &&
    (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value >= least &&
    value > above;
}

function checkObject({ fields }: ShapeOf<"object">): ShapeCheck {
  const known = new Map(fields.map(({ name, shape, isNeeded }) => [name, { check: checkOf(shape), isNeeded }]));
  const needed = fields.filter(({ isNeeded }) => isNeeded).length;
  return (value) => {
    if (!isObject(value)) return false;
    let missing = needed;
    // Unlike Object.keys, this makes no list: it runs once for each of thousands of rows, before any of this is compiled.
    for (const name in value) {
      const field = known.get(name);
      if (field === undefined || !field.check(value[name])) return false;
      if (field.isNeeded) missing--;
    }
    return missing === 0;
  };
}

function checkRecord({ key, member }: ShapeOf<"record">): ShapeCheck {
  const isKey = checkOf(key);
  const isMember = checkOf(member);
  // zod drops a member named __proto__.
  return (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, inner]) => name !== "__proto__" && isKey(name) && isMember(inner));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
