/** Outcomes of requests that nobody sent, for tests. Moments are monotonic milliseconds. */
import type { StreamOutcome } from "../endpoint/stream-outcome.ts";
import { TokenEvents } from "../endpoint/token-events.ts";

/** A reply of one event at each of these moments, sent at `sentMs`. */
export function replyAt(
  sentMs: number,
  tokenEventMs: number[],
  overrides: Partial<StreamOutcome> & { tokensOfEvent?: number[] } = {},
): StreamOutcome {
  const { tokensOfEvent = [], ...others } = overrides;
  const tokenEvents = new TokenEvents();
  for (const [place, atMs] of tokenEventMs.entries()) tokenEvents.add(atMs, tokensOfEvent[place] ?? 0);
  return {
    connectStartMs: null,
    connectedMs: null,
    sentMs,
    firstByteMs: tokenEventMs[0] ?? null,
    firstTokenMs: tokenEventMs[0] ?? null,
    firstContentMs: tokenEventMs[0] ?? null,
    firstReasoningMs: null,
    firstToolMs: null,
    lastTokenMs: tokenEventMs.at(-1) ?? null,
    endMs: tokenEventMs.at(-1) ?? sentMs,
    tokenEvents,
    burstEvents: 0,
    usage: { inputTokens: 10, outputTokens: tokenEventMs.length, cachedTokens: null, reasoningTokens: null },
    finishReason: "stop",
    status: "ok",
    error: null,
    message: null,
    refusal: null,
    text: null,
    ...others,
  };
}
