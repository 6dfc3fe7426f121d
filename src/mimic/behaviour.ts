/** How a server behaves on the wire while it serves a reply. The defaults are vLLM's; src/mimic/faults.ts changes them. */
import type { ApiError } from "./api-error.ts";

export type ReplySections = "content" | "reasoning-then-content" | "reasoning-only" | "tool-calls-only" | "empty";

/** How a stream stops before its end. */
export type Break = "error-event" | "reset" | "hang" | "truncated-chunk" | "truncated-stream";

export interface CannedAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Behaviour {
  /** Given instead of a reply; the engine never sees the request. */
  canned: CannedAnswer | ApiError | "hang" | null;
  headDelayMs: number;
  /** A chat stream's empty role event: with the head, or with the first token as vLLM sends it. */
  roleEvent: "with-head" | "with-first-token";
  sections: ReplySections;
  reasoningField: "reasoning" | "reasoning_content";
  multibyte: boolean;
  tokensPerEvent: number;
  /** Where a stream gives its usage: an event of its own if asked for, the last event, every event, nowhere, or an error. */
  usage: "own-event" | "last-event" | "every-event" | "never" | "refused";
  done: boolean;
  lineEnd: "\n" | "\r\n";
  /** Where an event is cut into two writes. */
  split: "nowhere" | "between-cr-and-lf" | "inside-a-character";
  splitPauseMs: number;
  /** After this many events with tokens, or half of a body that is not a stream. */
  breakAfterEvents: number;
  breakBy: Break | null;
  /** The time between two bytes of the body; null for no limit. */
  byteIntervalMs: number | null;
  /** The server closes a connection that has been idle for so long after a reply; null for its usual keep-alive. */
  closeIdleMs: number | null;
}

export const vllmBehaviour: Behaviour = {
  canned: null,
  headDelayMs: 0,
  roleEvent: "with-first-token",
  sections: "content",
  reasoningField: "reasoning_content",
  multibyte: false,
  tokensPerEvent: 1,
  usage: "own-event",
  done: true,
  lineEnd: "\n",
  split: "nowhere",
  splitPauseMs: 20,
  breakAfterEvents: 3,
  breakBy: null,
  byteIntervalMs: null,
  closeIdleMs: null,
};
