/** What a request said, for text.jsonl: only with --save-text. */
import { isRecord, recordsOf } from "../endpoint/dialects/read-json.ts";
import type { ReadApi } from "../endpoint/dialects/readers.ts";
import type { TextRow } from "../runs/schemas/text.ts";

export function promptText(api: ReadApi, body: Record<string, unknown>): TextRow["prompt"] {
  if (api === "completions") return textOrJson(body["prompt"]);
  if (api === "embeddings") return textOrJson(body["input"]);
  const { instructions, input } = body;
  if (api === "responses" && typeof input === "string" && !instructions) return { kind: "text", text: input };
  // What stands beside the messages is said before them.
  const system = api === "messages" ? body["system"] : instructions;
  const given = api === "responses" ? input : body["messages"];
  const messages = typeof given === "string" ? [{ role: "user", content: given }] : recordsOf(given);
  return { kind: "messages", messages: isSaid(system) ? [{ role: "system", content: system }, ...messages] : messages };
}

function isSaid(system: unknown): boolean {
  return typeof system === "string" ? system !== "" : Array.isArray(system) || isRecord(system);
}

function textOrJson(value: unknown): TextRow["prompt"] {
  return { kind: "text", text: typeof value === "string" ? value : JSON.stringify(value ?? null) };
}
