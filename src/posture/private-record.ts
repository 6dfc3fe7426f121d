/**
 * The records that InferGuard keeps for itself, such as a grant or a ledger entry, read back without trust: a record has
 * exactly the members of its shape, or it is none. A table of checks instead of zod, which alone would take a third of the
 * time that `telemetry status` has.
 */

type Check<T> = (value: unknown) => value is T;

export type Shape = Readonly<Record<string, Check<unknown>>>;

export type Shaped<S extends Shape> = { -readonly [K in keyof S]: S[K] extends Check<infer T> ? T : never };

export function hasShape<S extends Shape>(value: unknown, shape: S): value is Shaped<S> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(shape);
  if (Object.keys(value).length !== names.length) return false;
  return names.every((name) => Object.hasOwn(value, name) && shape[name]?.((value as Record<string, unknown>)[name]));
}

export function isOneOf<T extends string | number>(...values: readonly T[]): Check<T> {
  return (value): value is T => values.includes(value as T);
}

export const isText: Check<string> = (value): value is string => typeof value === "string";

export const isTextOrNull: Check<string | null> = (value): value is string | null => value === null || isText(value);

/** SHA-256 in lower-case hexadecimal. */
export const isHash: Check<string> = (value): value is string => isText(value) && /^[0-9a-f]{64}$/.test(value);

export const isCount: Check<number> = (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** `2026-01-02T03:04:05Z`, and a second that there is. */
export const isSecond: Check<string> = (value): value is string => {
  if (!isText(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return false;
  const time = new Date(value);
  return !Number.isNaN(time.getTime()) && secondOf(time) === value;
};

export function secondOf(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
