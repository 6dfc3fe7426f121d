/**
 * A trace in the format of kv-cache-tester: one document, in which the calls of an agent that a tool started stand inside
 * a `subagent`. Blocks are of 64 tokens, and only full ones. It holds no text; models are numbered in the order of first use.
 */
import { blocksOfCalls } from "../../analysis/trace/blocks.ts";
import { pieceEnds } from "../../analysis/trace/positions.ts";
import { jsonLine } from "../../json.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import type { ExportedCall } from "./exported-calls.ts";

const WEKA_BLOCK_TOKENS = 64;

interface WekaRequest {
  t: number;
  type: "s" | "n";
  model: string;
  in: number;
  out: number;
  hash_ids: number[];
  input_types: string[];
  output_types: string[];
  stop: "" | "tool_use" | "end_turn";
  api_time: number;
  think_time?: number;
  ttft?: number;
}

interface WekaSubagent {
  t: number;
  type: "subagent";
  agent_id: string;
  subagent_type: string;
  duration_ms: number;
  total_tokens: number;
  tool_use_count: number;
  status: "completed" | "failed";
  requests: WekaEntry[];
  models: string[];
  tool_tokens: number;
  system_tokens: number;
}

type WekaEntry = WekaRequest | WekaSubagent;

/** @param calls by their beginnings; the first one is at 0. A sub-agent's calls count from the sub-agent's own beginning. */
export function wekaDocument(nodes: readonly TraceNode[], calls: readonly ExportedCall[]): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const byConversation = Map.groupBy(calls, ({ conversation }) => conversation);
  const owners = new Map(
    [...byConversation.keys()].map((conversation) => [conversation, ownerOf(conversation, nodes, byId)]),
  );
  const blocks = blocksOfCalls(calls, WEKA_BLOCK_TOKENS, "dropped");
  const ends = pieceEnds(calls);
  const models = new Map<string | null, string>();
  for (const { model } of calls) if (!models.has(model)) models.set(model, `model-${models.size}`);
  const modelsOf = (own: readonly ExportedCall[]) => [...new Set(own.map(({ model }) => models.get(model) ?? ""))];
  let agents = 0;

  function entriesOf(conversations: readonly number[], zeroMs: number): WekaEntry[] {
    const own = conversations.flatMap((conversation) => requestsOf(byConversation.get(conversation) ?? [], zeroMs));
    const inner = conversations.flatMap((owner) => subagentsOf(owner, zeroMs));
    return [...own, ...inner].sort((a, b) => a.t - b.t);
  }

  function subagentsOf(owner: number, zeroMs: number): WekaSubagent[] {
    const owned = [...byConversation.keys()].filter((conversation) => owners.get(conversation) === owner);
    return owned.map((conversation) => {
      const own = byConversation.get(conversation) ?? [];
      const startMs = own[0]?.start_ms ?? zeroMs;
      const number = String(++agents).padStart(3, "0");
      return {
        t: seconds(startMs - zeroMs),
        type: "subagent",
        agent_id: `agent_${number}`,
        subagent_type: "agent",
        duration_ms: Math.round(Math.max(...own.map(({ end_ms }) => end_ms)) - startMs),
        total_tokens: own.reduce((sum, { input_tokens, output_tokens }) => sum + input_tokens + output_tokens, 0),
        tool_use_count: own.reduce((sum, { tool_calls }) => sum + tool_calls, 0),
        status: own.at(-1)?.status === "ok" ? "completed" : "failed",
        requests: entriesOf([conversation], startMs),
        models: modelsOf(own),
        tool_tokens: 0,
        system_tokens: systemTokens(conversation, own),
      };
    });
  }

  function requestsOf(own: readonly ExportedCall[], zeroMs: number): WekaRequest[] {
    let lastEndMs: number | null = null;
    return own.map((call) => {
      const waitedMs = lastEndMs === null ? null : Math.max(0, call.start_ms - lastEndMs);
      lastEndMs = Math.max(lastEndMs ?? 0, call.end_ms);
      return {
        t: seconds(call.start_ms - zeroMs),
        type: call.stream ? "s" : "n",
        model: models.get(call.model) ?? "",
        in: call.input_tokens,
        out: call.output_tokens,
        hash_ids: blocks.get(call.id) ?? [],
        input_types: inputTypes(call, byId),
        output_types: outputTypes(call),
        stop: call.finish_reason === "tool_calls" ? "tool_use" : call.finish_reason === "stop" ? "end_turn" : "",
        api_time: seconds(call.end_ms - (call.sent_ms ?? call.start_ms)),
        ...(waitedMs === null ? {} : { think_time: seconds(waitedMs) }),
        ...(call.stream && call.ttft_ms !== null ? { ttft: seconds(call.ttft_ms) } : {}),
      };
    });
  }

  /** System prompt and tools are one piece, at the beginning. */
  function systemTokens(conversation: number, own: readonly ExportedCall[]): number {
    if (!nodes.some((node) => node.kind === "system" && node.conversation === conversation)) return 0;
    return ends.get(own[0]?.input_pieces[0]?.[0] ?? -1) ?? 0;
  }

  const roots = [...byConversation.keys()].filter((conversation) => {
    const owner = owners.get(conversation) ?? null;
    return owner === null || !byConversation.has(owner);
  });
  const root = roots[0] ?? -1;
  return jsonLine({
    id: "trace-0",
    models: [...models.values()],
    block_size: WEKA_BLOCK_TOKENS,
    hash_id_scope: "local",
    tool_tokens: 0,
    system_tokens: systemTokens(root, byConversation.get(root) ?? []),
    requests: entriesOf(roots, calls[0]?.start_ms ?? 0),
  });
}

/** The conversation that caused this one; null where nothing is known to have. */
function ownerOf(
  conversation: number,
  nodes: readonly TraceNode[],
  byId: ReadonlyMap<number, TraceNode>,
): number | null {
  const first = nodes.find((node) => node.conversation === conversation);
  const owner = byId.get(first?.parent ?? -1)?.conversation ?? null;
  // A cause comes before its effect: without this, a file could lead in circles.
  return owner === null || owner >= conversation ? null : owner;
}

function inputTypes({ carries, turn }: ExportedCall, byId: ReadonlyMap<number, TraceNode>): string[] {
  if (turn === 0) return ["text"];
  const kinds = new Set(carries.map((id) => byId.get(id)?.kind));
  return [...(kinds.has("tool_call") ? ["tool_result"] : []), ...(kinds.has("user_input") ? ["text"] : [])];
}

function outputTypes({
  first_reasoning_ms,
  reasoning_tokens,
  first_content_ms,
  tool_calls,
  stream,
}: ExportedCall): string[] {
  const thinks = first_reasoning_ms !== null || (reasoning_tokens ?? 0) > 0;
  const says = stream ? first_content_ms !== null : tool_calls === 0;
  return [...(thinks ? ["thinking"] : []), ...(says ? ["text"] : []), ...(tool_calls > 0 ? ["tool_use"] : [])];
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
