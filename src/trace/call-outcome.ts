/** How a model call ended, as the agent saw it. */
import type { ModelCall } from "../runs/schemas/agent-trace.ts";
import type { ErrorKind } from "../runs/schemas/request.ts";
import type { ExchangeEnd } from "./exchange.ts";
import type { FollowedReply } from "./followed-reply.ts";

export function outcomeOf(
  reply: FollowedReply,
  end: ExchangeEnd,
  wantsStream: boolean,
): Pick<ModelCall, "status" | "error"> {
  const kind = reply.endedMs === null && end.by !== "complete" ? endedBy(end) : failureOf(reply, wantsStream);
  if (kind === null) return { status: "ok", error: null };
  return { status: kind === "cancelled" ? "cancelled" : "error", error: { kind, http_status: reply.status } };
}

function endedBy({ by, error }: ExchangeEnd): ErrorKind {
  if (by === "endpoint") return error ?? "reset";
  return by === "proxy" ? (error ?? "cancelled") : "cancelled";
}

function failureOf(reply: FollowedReply, wantsStream: boolean): ErrorKind | null {
  const { status } = reply;
  if (status === null) return "empty_response";
  if (status === 429) return "rate_limited";
  if (status >= 500) return "http_5xx";
  if (status >= 400) return "http_4xx";
  if (status >= 300) return "redirect";
  if (reply.failed) return "server_error_in_stream";
  if (reply.malformed) return "malformed_stream";
  if (reply.notUnderstood === "reply_not_json") return wantsStream ? "not_a_stream" : null;
  if (reply.notUnderstood !== null) return null;
  if (reply.streamed && reply.endedMs === null && reply.finishReason === null) return "truncated_stream";
  return reply.empty ? "empty_response" : null;
}
