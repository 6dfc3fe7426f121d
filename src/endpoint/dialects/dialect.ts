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
  /** Null where the API counts the input before there is any output. */
  outputTokens: number | null;
  cachedTokens: number | null;
  reasoningTokens: number | null;
}

/** A piece of a tool call. The first of a call has its id, its name or both. */
export interface ToolPart {
  /** Of the call among those of the reply. Some servers give all calls the same; then their ids differ. */
  index: number;
  id: string | null;
  name: string | null;
  /** What comes next of its arguments; all of them where `whole`. */
  text: string;
  whole: boolean;
}

/** What one event says, or a whole reply. An event without a token in it (a role, a usage) has no text of any kind. */
export interface DecodedEvent {
  content: string;
  reasoning: string;
  /** It carried a piece of a tool call. */
  tool: boolean;
  toolParts: readonly ToolPart[];
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** The server reported a failure inside the stream. */
  failed: boolean;
  /** The API's own sign that nothing more comes. */
  ended: boolean;
  /** By which a later request may name this reply. */
  replyId: string | null;
}

export interface Dialect {
  /** Below the API's base: `/chat/completions`. */
  path: string;
  encode(prompt: PromptContent, settings: RequestSettings): Record<string, unknown>;
  /** @throws TypeError when the event is not of this API. */
  decode(data: unknown): DecodedEvent;
}

/** How replies of one API are read, streamed or not. Both functions throw a TypeError for what is not of this API. */
export interface ReplyReader {
  /** For the events of one reply, in their order. */
  stream(): (data: unknown) => DecodedEvent;
  /** A reply that came in one piece. */
  whole(data: unknown): DecodedEvent;
}

const NO_PARTS: readonly ToolPart[] = [];

/** An event with nothing said yet. */
export function emptyEvent(): DecodedEvent {
  return {
    content: "",
    reasoning: "",
    tool: false,
    toolParts: NO_PARTS,
    finishReason: null,
    usage: null,
    failed: false,
    ended: false,
    replyId: null,
  };
}
