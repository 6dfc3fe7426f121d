/** A trace in Mooncake's format: a line for each call, with when, how long, and blocks of 512 tokens. It holds no text. */
import { blocksOfCalls } from "../../analysis/trace/blocks.ts";
import { jsonLine } from "../../json.ts";
import type { ExportedCall } from "./exported-calls.ts";

export const MOONCAKE_BLOCK_TOKENS = 512;

/** @param calls by their beginnings; the first one is at 0. */
export function* mooncakeLines(calls: readonly ExportedCall[]): Generator<string> {
  const blocks = blocksOfCalls(calls, MOONCAKE_BLOCK_TOKENS, "kept");
  const [first] = calls;
  for (const { id, start_ms, input_tokens, output_tokens } of calls)
    yield jsonLine({
      timestamp: Math.round(start_ms - (first?.start_ms ?? 0)),
      input_length: input_tokens,
      output_length: output_tokens,
      hash_ids: blocks.get(id) ?? [],
    });
}
