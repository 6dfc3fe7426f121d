/**
 * What the spans of a trace say, under the names of OpenTelemetry's conventions for generative AI. What they have no name
 * for is under `inferguard.`; what is not known is not there.
 */
import type { ModelCall, ToolCall } from "../runs/schemas/agent-trace.ts";

type Attributes = Record<string, string | number | boolean | string[]>;

export const operations: Readonly<Record<ModelCall["api"], string>> = {
  chat: "chat",
  responses: "chat",
  messages: "chat",
  completions: "text_completion",
  embeddings: "embeddings",
};

/** Which flavour of API it is; who really answers, the server's address may tell. */
export function providerOf(call: ModelCall | undefined): string {
  return call?.api === "messages" ? "anthropic" : "openai";
}

export function agentAttributes(provider: string): Attributes {
  return { "gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": provider };
}

export function serverAttributes(origin: string): Attributes {
  const { hostname, port, protocol } = new URL(origin);
  const named = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  return { "server.address": hostname.replace(/^\[(.*)\]$/, "$1"), "server.port": named };
}

export function callAttributes(call: ModelCall): Attributes {
  return known({
    "gen_ai.operation.name": operations[call.api],
    "gen_ai.provider.name": providerOf(call),
    "gen_ai.request.model": call.model,
    "gen_ai.request.stream": call.stream ? true : null,
    "gen_ai.request.max_tokens": call.max_output_tokens,
    "gen_ai.response.finish_reasons": call.finish_reason === null ? null : [call.finish_reason],
    "gen_ai.response.time_to_first_chunk": call.ttft_ms === null ? null : call.ttft_ms / 1000,
    "gen_ai.usage.input_tokens": call.input_tokens,
    "gen_ai.usage.output_tokens": call.output_tokens,
    "gen_ai.usage.cache_read.input_tokens": call.cached_tokens,
    "gen_ai.usage.reasoning.output_tokens": call.reasoning_tokens,
    "error.type": call.status === "cancelled" ? "cancelled" : errorType(call),
    "inferguard.turn": call.turn,
  });
}

/** The provider's own code where there is one. */
function errorType({ error }: ModelCall): string | null {
  if (error === null) return null;
  return error.http_status === null ? error.kind : String(error.http_status);
}

export function toolAttributes(tool: ToolCall): Attributes {
  return known({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": tool.name,
    "gen_ai.tool.type": "function",
    "error.type": tool.result_kind === "error" ? "tool_error" : null,
    "inferguard.tool.stall_ms": tool.stall_ms,
    // Its end is not known: the span has no length.
    "inferguard.tool.without_result": tool.end_ms === null ? true : null,
  });
}

function known(attributes: Record<string, Attributes[string] | null>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)) as Attributes;
}
