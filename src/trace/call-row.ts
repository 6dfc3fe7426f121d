/** A model call's row, from what was followed of its request and its reply. */
import type { DecodedRequest } from "../endpoint/dialects/decoded-request.ts";
import type { ReadApi } from "../endpoint/dialects/readers.ts";
import type { ModelCall } from "../runs/schemas/agent-trace.ts";
import { type GraphCall, microseconds } from "./call-graph.ts";
import type { FollowedReply } from "./followed-reply.ts";
import { modelName } from "./plain-names.ts";
import type { TokenTimes } from "./token-times.ts";

export interface CallFacts {
  api: ReadApi;
  place: GraphCall["place"];
  /** Null where it could not be read. */
  request: DecodedRequest | null;
  requestNotUnderstood: ModelCall["not_understood"];
  requestBytes: number;
  startMs: number;
  requestEndMs: number | null;
  sentMs: number | null;
  endMs: number;
  reply: FollowedReply;
  outputPiece: ModelCall["output_piece"];
  outcome: Pick<ModelCall, "status" | "error">;
}

export function callRow(facts: CallFacts, zeroMs: number): ModelCall {
  const { api, place, request, reply, sentMs } = facts;
  const since = (ms: number | null) => (ms === null ? null : microseconds(ms - zeroMs));
  const { times, usage } = reply;
  const { firstTokenMs } = times;
  return {
    event: "node",
    kind: "model_call",
    ...place,
    api,
    model: modelName(request?.model ?? null),
    stream: request?.stream ?? reply.streamed,
    start_ms: microseconds(facts.startMs - zeroMs),
    request_end_ms: since(facts.requestEndMs),
    sent_ms: since(sentMs),
    first_byte_ms: since(reply.firstByteMs),
    first_token_ms: since(firstTokenMs),
    first_content_ms: since(times.firstContentMs),
    first_reasoning_ms: since(times.firstReasoningMs),
    first_tool_ms: since(times.firstToolMs),
    last_token_ms: since(times.lastTokenMs),
    end_ms: microseconds(facts.endMs - zeroMs),
    ttft_ms: sentMs === null || firstTokenMs === null ? null : microseconds(firstTokenMs - sentMs),
    ...timePerOutputToken(times, usage?.outputTokens ?? null),
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    cached_tokens: usage?.cachedTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    token_source: usage === null ? "none" : "server",
    events: times.events,
    tokens_first_event: times.tokensFirstEvent,
    gap: gapsOf(times),
    request_bytes: facts.requestBytes,
    response_bytes: reply.bytes,
    messages: request?.messages ?? 0,
    tools_offered: request?.toolsOffered ?? 0,
    tool_choice: request?.toolChoice ?? null,
    max_output_tokens: request?.maxOutputTokens ?? null,
    output_piece: facts.outputPiece,
    tool_calls: reply.tools.calls.length,
    finish_reason: reply.finishReason,
    ...facts.outcome,
    not_understood: facts.requestNotUnderstood ?? reply.notUnderstood,
  };
}

/** As docs/metrics.md defines it. */
function timePerOutputToken(times: TokenTimes, outputTokens: number | null): Pick<ModelCall, "tpot_ms" | "tpot_claim"> {
  const { firstTokenMs, lastTokenMs, events, burstEvents, tokensFirstEvent } = times;
  const after = (outputTokens ?? 0) - (tokensFirstEvent ?? 1);
  if (firstTokenMs === null || lastTokenMs === null || burstEvents >= events - 1 || after <= 0)
    return { tpot_ms: null, tpot_claim: null };
  const isKnown = tokensFirstEvent !== null || outputTokens === events;
  return {
    tpot_ms: microseconds((lastTokenMs - firstTokenMs) / after),
    tpot_claim: isKnown ? "measured" : "inferred",
  };
}

function gapsOf({ gapsMs }: TokenTimes): ModelCall["gap"] {
  if (gapsMs.count === 0) return null;
  const { count } = gapsMs;
  const at = (quantile: number) => microseconds(gapsMs.quantile(quantile));
  return { p50: at(0.5), p95: at(0.95), max: microseconds(gapsMs.max), count };
}
