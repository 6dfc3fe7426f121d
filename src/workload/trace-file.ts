/**
 * Traces of requests, from a file's text: when each came, how long it was and its reply, and the blocks of its input. One
 * bad row refuses the whole file, so that nothing is sent that was not meant; a row that asks for nothing is left out.
 */
import { mooncakeRows } from "./trace-mooncake.ts";
import { type TraceRow, unusable } from "./trace-row.ts";
import { wekaRows } from "./trace-weka.ts";

export type TraceFormat = "mooncake" | "weka";

export interface Trace {
  format: TraceFormat;
  /** In the order of their times; then the first is at 0. */
  rows: TraceRow[];
  /** From the first to the last; null where the file has no times. */
  spanMs: number | null;
  dropped: { why: string; rows: number }[];
}

/** Which format a text is in; `jsonl` are prompts. */
export function formatOf(text: string): TraceFormat | "jsonl" {
  const start = text.slice(0, 65_536).trimStart();
  if (start.startsWith("[")) return "weka";
  const [line = ""] = start.split("\n", 1);
  if (/"(input_length|hash_ids)"\s*:/.test(line) && !/"requests"\s*:/.test(line)) return "mooncake";
  return /"requests"\s*:\s*\[/.test(start) || /"hash_id_scope"\s*:/.test(start) ? "weka" : "jsonl";
}

/** @throws UserError that names the row. */
export function parseTrace(text: string, format: TraceFormat): Trace {
  const dropped = new Map<string, number>();
  const rows: TraceRow[] = [];
  const clean = text.replace(/^\uFEFF/, "");
  for (const row of format === "mooncake" ? mooncakeRows(clean) : wekaRows(clean)) {
    const why = whyDropped(row);
    if (why === null) rows.push(checked(row));
    else dropped.set(why, (dropped.get(why) ?? 0) + 1);
  }
  if (rows.length === 0) throw unusable("the trace has no request that could be sent");
  const timed = withTimes(rows);
  return {
    format,
    rows: timed,
    spanMs: timed.at(-1)?.atMs ?? null,
    dropped: [...dropped].map(([why, count]) => ({ why, rows: count })),
  };
}

function whyDropped({ inputTokens, outputTokens }: TraceRow): string | null {
  if (inputTokens === 0) return "its input is empty";
  return outputTokens === 0 ? "it asks for no token" : null;
}

/** A prompt that is too short would look right, and measure nothing of what the trace was. */
function checked(row: TraceRow): TraceRow {
  const { where, inputTokens, blocks, blockTokens, fullOnly } = row;
  if (blockTokens === null) return row;
  const covered = blocks.length * blockTokens + (fullOnly ? blockTokens - 1 : 0);
  if (covered < inputTokens)
    throw unusable(
      `${where} cannot be replayed: ${blocks.length} blocks of ${blockTokens} tokens do not make its ${inputTokens} tokens of input`,
      "its blocks are of another size, or some are missing; nothing was sent",
    );
  return row;
}

/** Sorted and from 0, where every row has a time; without any where one has none. */
function withTimes(rows: TraceRow[]): TraceRow[] {
  if (rows.some(({ atMs }) => atMs === null)) return rows.map((row) => ({ ...row, atMs: null }));
  const sorted = rows.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
  const first = sorted[0]?.atMs ?? 0;
  return sorted.map((row) => ({ ...row, atMs: (row.atMs ?? 0) - first }));
}
