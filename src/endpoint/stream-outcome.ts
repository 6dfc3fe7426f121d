/** What became of one streaming request. */
import type { ErrorKind, FinishReason } from "../runs/schemas/request.ts";
import type { Usage } from "./dialects/dialect.ts";
import { TokenEvents } from "./token-events.ts";

/** Moments are monotonic milliseconds; null when they did not happen. */
export interface StreamOutcome {
  connectStartMs: number | null;
  connectedMs: number | null;
  sentMs: number | null;
  firstByteMs: number | null;
  firstTokenMs: number | null;
  firstContentMs: number | null;
  firstReasoningMs: number | null;
  firstToolMs: number | null;
  lastTokenMs: number | null;
  endMs: number;
  tokenEvents: TokenEvents;
  /** Token events that shared the read of the one before them. */
  burstEvents: number;
  usage: Usage | null;
  finishReason: FinishReason | null;
  status: "ok" | "error" | "cancelled" | "not_sent";
  error: { kind: ErrorKind; httpStatus: number | null } | null;
  /** What happened, for the person at the terminal. It can hold the server's words: never for a file. */
  message: string | null;
  /** The body of an answer that was no stream, cut at 4 KiB. Never for a file. */
  refusal: string | null;
  /** Only when `keepText` asked for it. */
  text: string | null;
}

/** Before anything has happened. */
export function emptyOutcome(keepText: boolean): StreamOutcome {
  return {
    connectStartMs: null,
    connectedMs: null,
    sentMs: null,
    firstByteMs: null,
    firstTokenMs: null,
    firstContentMs: null,
    firstReasoningMs: null,
    firstToolMs: null,
    lastTokenMs: null,
    endMs: NaN,
    tokenEvents: new TokenEvents(),
    burstEvents: 0,
    usage: null,
    finishReason: null,
    status: "ok",
    error: null,
    message: null,
    refusal: null,
    text: keepText ? "" : null,
  };
}
