/**
 * Rows of Mooncake's published traces: `{"timestamp": ms, "input_length": n, "output_length": n, "hash_ids": [...]}` on
 * each line. A block is of 512 tokens.
 */
import { parseJsonLines } from "../json.ts";
import { type TraceRow, unusable, whole, wholes } from "./trace-row.ts";

const BLOCK_TOKENS = 512;
const expectedForm = 'each line is {"timestamp": 0, "input_length": 600, "output_length": 50, "hash_ids": [0, 1]}';

/** @throws UserError that names the line. */
export function* mooncakeRows(text: string): Generator<TraceRow> {
  for (const parsed of parseJsonLines(text)) {
    const where = `line ${parsed.line} of the trace`;
    const refuse = (what: string) => unusable(`${where} cannot be used: ${what}`, expectedForm);
    if ("error" in parsed)
      throw refuse(`it is not JSON${parsed.torn ? ", and has no end: the file may be cut short" : ""}`);
    const { value } = parsed;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("it is not an object");
    const row = value as Record<string, unknown>;
    const { timestamp, hash_ids: blocks } = row;
    if (timestamp !== undefined && !(typeof timestamp === "number" && timestamp >= 0))
      throw refuse("timestamp is not a number of milliseconds");
    yield {
      where,
      atMs: typeof timestamp === "number" ? timestamp : null,
      inputTokens: whole(row["input_length"], "input_length", refuse),
      outputTokens: row["output_length"] === undefined ? null : whole(row["output_length"], "output_length", refuse),
      blocks: blocks === undefined ? [] : wholes(blocks, "hash_ids", refuse),
      blockTokens: blocks === undefined ? null : BLOCK_TOKENS,
      fullOnly: false,
    };
  }
}
