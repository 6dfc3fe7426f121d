/** How one API of an OpenAI-compatible server is spoken: what to post, and what an event of its stream says. Pure. */
import type { FinishReason } from "../../runs/schemas/request.ts";

export type PromptContent =
  | { kind: "text"; text: string }
  | { kind: "messages"; messages: readonly Record<string, unknown>[] };

export interface RequestSettings {
  model: string;
  /** Asks for exactly this many output tokens where the server takes that; null leaves it to the server. */
  outputTokens: number | null;
  /** Ask for the server's own token counts. Some servers refuse the field. */
  streamUsage: boolean;
  /** Further members of the body, from --body; they win. */
  body: Readonly<Record<string, unknown>>;
}

export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number | null;
  reasoningTokens: number | null;
}

/** What one event says. An event without a token in it (a role, a usage) has no text of any kind. */
export interface DecodedEvent {
  content: string;
  reasoning: string;
  /** It carried a piece of a tool call. */
  tool: boolean;
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** The server reported a failure inside the stream. */
  failed: boolean;
}

export interface Dialect {
  /** Below the API's base: `/chat/completions`. */
  path: string;
  encode(prompt: PromptContent, settings: RequestSettings): Record<string, unknown>;
  /** @throws TypeError when the event is not of this API. */
  decode(data: unknown): DecodedEvent;
}
