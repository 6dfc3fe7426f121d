/** What a request to an LLM API says, whichever API it is: turns of a conversation, and what stands before them. Pure. */
import type { Interruptible } from "../../interruptible.ts";
import { isRecord, recordsOf, textOf, textOrNull } from "./read-json.ts";

export interface DecodedRequest {
  model: string | null;
  stream: boolean;
  toolsOffered: number;
  toolChoice: "auto" | "none" | "required" | "named" | null;
  maxOutputTokens: number | null;
  /** Messages or items, as the request counts them. */
  messages: number;
  /** What stands before the conversation: system prompts, and tools as they were offered. Empty where there is nothing. */
  system: unknown[];
  turns: Turn[];
  /** What the endpoint is to put before the turns: a reply by its id, or a conversation that it keeps. */
  previousReply: string | null;
  keptConversation: string | null;
}

/** Everything that the assistant said until somebody else speaks is one turn, in however many messages it comes. */
export type Turn = AssistantTurn | OtherTurn;

export interface AssistantTurn {
  by: "assistant";
  texts: string[];
  /** `input`: JSON as text, or the value itself. */
  calls: { id: string | null; name: string | null; input: unknown }[];
}

export interface OtherTurn {
  by: "user" | "tool" | "other";
  content: unknown;
  results: ToolResult[];
}

export interface ToolResult {
  /** Null where the API has no ids: then the results answer the calls in their order. */
  callId: string | null;
  bytes: number;
  kind: "text" | "json" | "image" | "error" | "empty" | "other";
}

/** The turns of messages; what belongs to one turn of the assistant is put into one. */
export function* turnsOf(
  messages: readonly Record<string, unknown>[],
  turnOf: (message: Record<string, unknown>) => Turn,
): Interruptible<Turn[]> {
  const joined: Turn[] = [];
  for (const message of messages) {
    yield;
    const turn = turnOf(message);
    const last = joined.at(-1);
    if (turn.by === "assistant" && last?.by === "assistant") {
      last.texts.push(...turn.texts);
      last.calls.push(...turn.calls);
    } else joined.push(turn);
  }
  return joined;
}

/**
 * Content in one form: a list of parts, text as `{text}`. Marks for the cache, which move from message to message, and
 * ids and states, which a client may leave out, are not what was said.
 */
export function contentParts(content: unknown): unknown[] {
  if (typeof content === "string") return content === "" ? [] : [{ text: content }];
  if (!Array.isArray(content)) return content === null || content === undefined ? [] : [content];
  return content.map((part: unknown) => {
    if (!isRecord(part)) return part;
    if (textTypes.has(textOf(part["type"]))) return { text: part["text"] };
    return withoutMarks(part);
  });
}

const textTypes = new Set(["text", "input_text", "output_text"]);

export function withoutMarks(value: Record<string, unknown>): Record<string, unknown> {
  const { cache_control: _, ...rest } = value;
  return rest;
}

/** The texts of an assistant's content. */
export function textsOfContent(content: unknown): string[] {
  if (typeof content === "string") return [content];
  return recordsOf(content).flatMap((part) => {
    const text = textOrNull(part["text"]) ?? textOrNull(part["refusal"]);
    return text === null || !spokenTypes.has(textOf(part["type"])) ? [] : [text];
  });
}

const spokenTypes = new Set([...textTypes, "refusal", ""]);

/** A longer text is not looked at for JSON. */
const longestJson = 1024 * 1024;

export function toolResult(callId: string | null, content: unknown, failed = false): ToolResult {
  const parts = contentParts(content);
  const texts = parts.map((part) => (isRecord(part) ? textOrNull(part["text"]) : null));
  const text = texts.every((one) => one !== null) ? texts.join("") : null;
  const bytes =
    text === null ? parts.reduce<number>((sum, part) => sum + bytesOf(part), 0) : new TextEncoder().encode(text).length;
  return { callId, bytes, kind: failed ? "error" : kindOf(parts, text) };
}

function kindOf(parts: readonly unknown[], text: string | null): ToolResult["kind"] {
  if (text !== null) return text === "" ? "empty" : isJson(text) ? "json" : "text";
  const types = parts.map((part) => (isRecord(part) ? textOf(part["type"]) : ""));
  return types.some((type) => type.includes("image") || type === "computer_screenshot") ? "image" : "other";
}

/** An object or a list: a bare number or word is text. */
function isJson(text: string): boolean {
  if (text.length > longestJson || !/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value) ?? "").length;
}
