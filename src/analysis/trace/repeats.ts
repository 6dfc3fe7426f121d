/** What an agent did again: the same input, the same tool one time after the other, input that a cache could have had. */
import type { ModelCall, ToolCall, TraceNode } from "../../runs/schemas/agent-trace.ts";
import { hasCountedInput, pieceEnds } from "./positions.ts";

export interface SameInput {
  /** Inputs that were sent more than once, and the calls that sent them again. */
  inputs: number;
  calls: number;
  /** Of those calls, where the server counted; null where it counted none. */
  input_tokens: number | null;
}

/** Calls whose whole input an earlier call of the run had. Retries are among them. */
export function sameInputs(calls: readonly ModelCall[]): SameInput {
  const byInput = Map.groupBy(
    calls.filter(({ input_pieces }) => input_pieces.length > 0),
    ({ input_pieces }) => input_pieces.at(-1)?.[0] ?? -1,
  );
  const groups = [...byInput.values()].filter((group) => group.length > 1);
  const again = groups.flatMap((group) => group.slice(1));
  const counted = again.filter(hasCountedInput);
  return {
    inputs: groups.length,
    calls: again.length,
    input_tokens: counted.length === 0 ? null : counted.reduce((sum, call) => sum + call.input_tokens, 0),
  };
}

export interface SentAgain {
  /** Calls whose server said how much of their input it had cached. */
  calls: number;
  /** Their tokens that an earlier call had sent or received already, in the same place. */
  tokens: number;
  cached_tokens: number;
  /** The part of `tokens` that the server did not find in its cache. */
  not_cached_tokens: number;
}

/** Null where no server said what it had cached. Positions between counted inputs are shared out by bytes. */
export function sentAgain(calls: readonly ModelCall[]): SentAgain | null {
  const ends = pieceEnds(calls);
  const seen = new Set<number>();
  const total: SentAgain = { calls: 0, tokens: 0, cached_tokens: 0, not_cached_tokens: 0 };
  for (const call of calls) {
    const known = call.input_pieces.findLast(([id]) => seen.has(id))?.[0];
    for (const [id] of call.input_pieces) seen.add(id);
    if (call.output_piece !== null) seen.add(call.output_piece[0]);
    if (!hasCountedInput(call) || call.cached_tokens === null) continue;
    const before = known === undefined ? 0 : Math.min(call.input_tokens, ends.get(known) ?? 0);
    total.calls++;
    total.tokens += before;
    total.cached_tokens += call.cached_tokens;
    total.not_cached_tokens += Math.max(0, before - call.cached_tokens);
  }
  return total.calls === 0 ? null : total;
}

export interface ToolUse {
  /** Null: tools whose names were not kept. */
  name: string | null;
  calls: number;
  /** Without a result when the run ended. */
  without_result: number;
  errors: number;
  wall_ms: number;
  stall_ms: number;
  result_bytes: number;
  /** The most calls of this tool one after the other, of one conversation. */
  longest_run: number;
}

/** Every tool by its name, the one that took longest first. */
export function toolUses(nodes: readonly TraceNode[]): ToolUse[] {
  const tools = nodes.filter((node) => node.kind === "tool_call");
  const runs = longestRuns(tools);
  return [...Map.groupBy(tools, ({ name }) => name)]
    .map(([name, calls]): ToolUse => {
      const sum = (of: (call: ToolCall) => number | null) => calls.reduce((total, call) => total + (of(call) ?? 0), 0);
      return {
        name,
        calls: calls.length,
        without_result: calls.filter(({ end_ms }) => end_ms === null).length,
        errors: calls.filter(({ result_kind }) => result_kind === "error").length,
        wall_ms: Math.round(sum((call) => call.wall_ms) * 1000) / 1000,
        stall_ms: Math.round(sum((call) => call.stall_ms) * 1000) / 1000,
        result_bytes: sum((call) => call.result_bytes),
        longest_run: runs.get(name) ?? 0,
      };
    })
    .sort((a, b) => b.wall_ms - a.wall_ms || b.calls - a.calls);
}

function longestRuns(tools: readonly ToolCall[]): ReadonlyMap<string | null, number> {
  const longest = new Map<string | null, number>();
  for (const conversation of Map.groupBy(tools, (tool) => tool.conversation).values()) {
    let length = 0;
    let before: string | null | undefined;
    for (const { name } of conversation) {
      length = name === before ? length + 1 : 1;
      before = name;
      longest.set(name, Math.max(length, longest.get(name) ?? 0));
    }
  }
  return longest;
}
