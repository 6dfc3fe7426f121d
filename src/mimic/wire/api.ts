/**
 * What one API has to say: how its requests are read and how its replies are written. The vendors' public formats, encoded
 * here on their own, so that the mimic checks InferGuard's decoders instead of agreeing with them.
 */
import type { ApiError } from "../api-error.ts";
import type { Behaviour } from "../behaviour.ts";
import type { Piece, Reply } from "../reply.ts";

export interface Api {
  path: string;
  /** @throws ApiError with status 400 when the request makes no sense. */
  read(body: JsonObject, behaviour: Behaviour): Ask;
  /** The whole reply, for a request without `stream`; `usage` null where the server is to give none. */
  whole(context: ReplyContext, finish: Finish, usage: Usage | null): unknown;
  stream(context: ReplyContext): StreamEncoder;
  /** The body of an answer that is an error. */
  errorBody(error: ApiError): JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** A request, whatever API it came by. */
export interface Ask {
  stream: boolean;
  /** A stream is to give its usage. */
  includeUsage: boolean;
  usageOnEveryEvent: boolean;
  inputTokens: readonly string[];
  /** Null for no limit; 0 for a request that is only read. */
  maxTokens: number | null;
  minTokens: number;
  ignoreEos: boolean;
  /** The function that the reply calls; null for a spoken reply. */
  tool: string | null;
  /** The request itself, for what only its own API gives back. */
  body: JsonObject;
}

export interface ReplyContext {
  reply: Reply;
  model: string;
  behaviour: Behaviour;
  ask: Ask;
  /** Prompt tokens whose keys and values were there already. Known with the first token. */
  cachedTokens: number;
}

export type Finish = "stop" | "length";

export interface Usage {
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** One server-sent event. */
export interface Frame {
  event?: string;
  data: JsonObject | "[DONE]";
  /** Tokens that reach the client with it. */
  tokens?: number;
}

export interface StreamEncoder {
  /** Before the first token. */
  open(): Frame[];
  /** `finish` comes with the last piece; `usage` where this event is to carry it. */
  piece(piece: Piece, finish: Finish | null, usage: Usage | null): Frame[];
  /** After the last token, before the end; `usage` where it is to have an event of its own. */
  close(finish: Finish, usage: Usage | null): Frame[];
  /** What marks the end of a stream. `usage` null where the server is to give none. */
  end(finish: Finish, usage: Usage | null): Frame[];
  /** Instead of everything that would have followed. */
  fail(error: ApiError): Frame[];
}
