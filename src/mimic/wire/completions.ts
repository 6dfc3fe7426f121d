/** POST /v1/completions: OpenAI's legacy Completions API with vLLM's additions (min_tokens, ignore_eos). */
import { errorBody } from "../api-error.ts";
import type { Behaviour } from "../behaviour.ts";
import { piecesOf } from "../reply.ts";
import { tokenise } from "../tokens.ts";
import type { Api, Ask, Finish, Frame, JsonObject, ReplyContext, StreamEncoder, Usage } from "./api.ts";
import { badField, readCount, readFlag, refuseSeveral } from "./read.ts";
import { done, readStreamOptions, usageBody } from "./stream-options.ts";

export const completions: Api = { path: "/v1/completions", read, whole, stream, errorBody };

/** What OpenAI and vLLM give when max_tokens is absent. */
const defaultMaxTokens = 16;

function read(body: JsonObject, behaviour: Behaviour): Ask {
  refuseSeveral(body);
  return {
    ...readStreamOptions(body, behaviour),
    inputTokens: readPrompt(body["prompt"]),
    maxTokens: readCount(body, "max_tokens", 1) ?? defaultMaxTokens,
    minTokens: readCount(body, "min_tokens") ?? 0,
    ignoreEos: readFlag(body, "ignore_eos"),
    tool: null,
    body,
  };
}

/** Text, a list of token numbers, or a list with one of either. */
function readPrompt(prompt: unknown): string[] {
  if (typeof prompt === "string") return tokenise(prompt);
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.every((token) => typeof token === "number")) return prompt.map(String);
    if (prompt.length === 1) return readPrompt(prompt[0]);
    throw badField("prompt", "must be one prompt: the mimic gives one reply per request");
  }
  throw badField("prompt", "must be text or a list of token numbers");
}

function whole(context: ReplyContext, finish: Finish, usage: Usage | null): unknown {
  const { reply } = context;
  const text = piecesOf(reply, 0, reply.outputTokens).map((piece) => piece.text);
  const choice = { index: 0, text: text.join(""), logprobs: null, finish_reason: finish, stop_reason: null };
  return { ...header(context), choices: [choice], ...(usage && { usage: usageBody(usage) }) };
}

function stream(context: ReplyContext): StreamEncoder {
  const event = (choices: unknown[], usage: Usage | null, tokens = 0): Frame => ({
    data: { ...header(context), choices, ...(usage && { usage: usageBody(usage) }) },
    tokens,
  });
  return {
    open: () => [],
    piece: ({ text, tokens }, finish, usage) => [
      event([{ index: 0, text, logprobs: null, finish_reason: finish, stop_reason: null }], usage, tokens),
    ],
    close: (_finish, usage) => (usage === null ? [] : [event([], usage)]),
    end: () => [done],
    fail: (error) => [{ data: errorBody(error) }, ...(context.behaviour.done ? [done] : [])],
  };
}

function header({ reply, model }: ReplyContext): JsonObject {
  return { id: `cmpl-${reply.id}`, object: "text_completion", created: reply.created, model };
}
