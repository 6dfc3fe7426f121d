/** Reading fields of a JSON request, with errors that name them. */
import { ApiError } from "../api-error.ts";
import type { JsonObject } from "./api.ts";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function badField(param: string, problem: string): ApiError {
  return new ApiError(400, `${param} ${problem}`, { param });
}

/** A whole number of at least `least`; null when absent. */
export function readCount(body: JsonObject, param: string, least = 0): number | null {
  const value = body[param] ?? null;
  if (value === null) return null;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least)
    throw badField(param, `must be a whole number of at least ${least}, not ${JSON.stringify(value)}`);
  return value;
}

export function readFlag(body: JsonObject, param: string): boolean {
  const value = body[param] ?? false;
  if (typeof value !== "boolean") throw badField(param, `must be true or false, not ${JSON.stringify(value)}`);
  return value;
}

/** Text, or the text parts of a list of content parts; other parts (images, audio) say nothing to the mimic. */
export function readText(value: unknown, param: string): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw badField(param, "must be text or a list of content parts");
  return value
    .map((part) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .filter((text) => text !== "")
    .join("\n");
}

/** Only one reply is simulated per request. */
export function refuseSeveral(body: JsonObject): void {
  if ((readCount(body, "n", 1) ?? 1) > 1) throw badField("n", "must be 1: the mimic gives one reply per request");
}
