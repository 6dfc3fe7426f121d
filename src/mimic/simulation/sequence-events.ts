/** The events that tell of one sequence. */
import type { AdmittedEvent, FinishedEvent, FinishReason, TokensEvent } from "./events.ts";
import type { Sequence } from "./sequence.ts";

export function admittedEvent(sequence: Sequence, rank: number, atMs: number): AdmittedEvent {
  const { id, queuedMs, inputTokens, cachedTokens, transferredTokens } = sequence;
  return { kind: "admitted", id, rank, atMs, queuedMs, inputTokens, cachedTokens, transferredTokens };
}

/** Before the new tokens are added to the sequence. */
export function tokensEvent(
  sequence: Sequence,
  rank: number,
  atMs: number,
  tokens: number,
  done: boolean,
): TokensEvent {
  const { id, inputTokens, cachedTokens, transferredTokens, arrivedMs, lastTokenMs } = sequence;
  return {
    ...{ kind: "tokens", id, rank, atMs, tokens, before: sequence.producedTokens },
    ...{ inputTokens, cachedTokens, transferredTokens, arrivedMs },
    gapMs: lastTokenMs === null ? null : atMs - lastTokenMs,
    finish: done ? sequence.finish : null,
  };
}

export function finishedEvent(sequence: Sequence, rank: number, atMs: number, reason: FinishReason): FinishedEvent {
  const { id, arrivedMs, queuedMs, scheduledMs, firstTokenMs, lastTokenMs } = sequence;
  const { inputTokens, producedTokens, cachedTokens, transferredTokens, maxOutputTokens } = sequence;
  return {
    ...{ kind: "finished", id, rank, atMs, reason },
    ...{ arrivedMs, queuedMs, scheduledMs, firstTokenMs, lastTokenMs },
    ...{ inputTokens, outputTokens: producedTokens, cachedTokens, transferredTokens, maxOutputTokens },
  };
}
