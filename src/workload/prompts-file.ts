/**
 * Prompts from a JSONL text: `{"prompt": "..."}` or `{"messages": [{"role": "...", "content": "..."}]}` on each line,
 * with an optional `output_tokens`. Other fields are allowed and ignored. One bad line refuses the whole file, so that
 * nothing is sent that was not meant. Messages never quote a prompt: they end up in the logs of others.
 */
import { exitCode, UserError } from "../errors.ts";
import { parseJsonLines } from "../json.ts";
import type { Message, Prompt } from "./prompt.ts";

/** @throws UserError that names the line. */
export function parsePrompts(text: string): Prompt[] {
  const prompts: Prompt[] = [];
  for (const parsed of parseJsonLines(text.replace(/^\uFEFF/, ""))) {
    if ("error" in parsed)
      throw badLine(parsed.line, `it is not JSON${parsed.torn ? ", and has no end: the file may be cut short" : ""}`);
    prompts.push(toPrompt(parsed.value, parsed.line));
  }
  if (prompts.length === 0)
    throw new UserError("the prompts file is empty", { exitCode: exitCode.cannotRun, hint: expectedForm });
  return prompts;
}

const expectedForm = 'each line is {"prompt": "..."} or {"messages": [{"role": "user", "content": "..."}]}';

function toPrompt(value: unknown, line: number): Prompt {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badLine(line, "it is not an object");
  const row = value as Record<string, unknown>;
  const lengths = { wantedInputTokens: null, wantedOutputTokens: toOutputTokens(row["output_tokens"], line) };
  if (row["prompt"] !== undefined && row["messages"] !== undefined)
    throw badLine(line, "it has both prompt and messages");
  if (row["messages"] !== undefined)
    return { content: { kind: "messages", messages: toMessages(row["messages"], line) }, ...lengths };
  if (typeof row["prompt"] !== "string" || row["prompt"] === "")
    throw badLine(
      line,
      row["prompt"] === undefined ? "it has neither prompt nor messages" : "prompt is not a text, or is empty",
    );
  return { content: { kind: "text", text: row["prompt"] }, ...lengths };
}

function toOutputTokens(value: unknown, line: number): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw badLine(line, "output_tokens is not a whole number of at least 1");
  return value;
}

function toMessages(value: unknown, line: number): Message[] {
  if (!Array.isArray(value) || value.length === 0) throw badLine(line, "messages is not a list, or is empty");
  return value.map((message: unknown, i) => {
    const fields = typeof message === "object" && message !== null ? (message as Record<string, unknown>) : {};
    const { role, content } = fields;
    if (typeof role !== "string" || role === "") throw badLine(line, `message ${i + 1} has no role`);
    if (typeof content !== "string" && !Array.isArray(content))
      throw badLine(line, `the content of message ${i + 1} is neither a text nor a list of parts`);
    return { ...fields, role, content };
  });
}

function badLine(line: number, what: string): UserError {
  return new UserError(`line ${line} of the prompts file cannot be used: ${what}`, {
    exitCode: exitCode.cannotRun,
    hint: expectedForm,
  });
}
