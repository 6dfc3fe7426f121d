/** Requests of OpenAI's completions and embeddings, read: one prompt, or texts, and no conversation. */
import type { Interruptible } from "../../interruptible.ts";
import type { DecodedRequest } from "./decoded-request.ts";
import { countOf, textOrNull } from "./read-json.ts";

export function* readCompletionsRequest(body: Record<string, unknown>): Interruptible<DecodedRequest> {
  const { prompt } = body;
  yield;
  return {
    ...plain(body),
    stream: body["stream"] === true,
    maxOutputTokens: countOf(body["max_tokens"]),
    messages: 1,
    turns: [{ by: "user", content: prompt, results: [] }],
  };
}

export function* readEmbeddingsRequest(body: Record<string, unknown>): Interruptible<DecodedRequest> {
  const { input } = body;
  yield;
  const isOne = !Array.isArray(input) || input.every((token) => typeof token === "number");
  return {
    ...plain(body),
    messages: isOne ? 1 : input.length,
    turns: [{ by: "other", content: input, results: [] }],
  };
}

function plain(body: Record<string, unknown>): Omit<DecodedRequest, "messages" | "turns"> {
  return {
    model: textOrNull(body["model"]),
    stream: false,
    toolsOffered: 0,
    toolChoice: null,
    maxOutputTokens: null,
    system: [],
    previousReply: null,
    keptConversation: null,
  };
}
