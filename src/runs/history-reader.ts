/** Reads a history back, while it grows or after: row by row, so that a month of it takes no more memory than a minute. */
import { messageOf, systemErrorCode } from "../errors.ts";
import { parseJsonLines } from "../json.ts";
import { createHistoryDecoder, type HistoryEntry } from "./history-codec.ts";
import { listSegments, type Segment } from "./history-segments.ts";
import { piecesOf } from "./file-pieces.ts";
import { isReadable } from "./schema-version.ts";
import { HISTORY_SCHEMA, type HistoryLevel, type SegmentRow, segmentRowSchema } from "./schemas/history.ts";

export interface HistoryRange {
  level: HistoryLevel;
  /** Rows that end after `fromMs` and not after `toMs`, by the history's own clock. */
  fromMs: number;
  toMs: number;
  /** One sentence for each file of which something was left out. */
  leftOut(this: void, what: string): void;
}

/** Rows in the order in which they were written. Clock and lost rows come with their level. */
export async function* readHistory(directory: string, range: HistoryRange): AsyncGenerator<HistoryEntry> {
  const segments = (await listSegments(directory)).filter(({ level }) => level === range.level);
  for (const [i, segment] of segments.entries()) {
    // Rows of one source are in order, but a slow page may end up one file later than its neighbours.
    const next = segments[i + 1];
    if (segment.startMs > range.toMs || (next !== undefined && next.startMs + slackMs < range.fromMs)) continue;
    yield* readSegment(segment, range);
  }
}

const slackMs = 120_000;

async function* readSegment(segment: Segment, { fromMs, toMs, leftOut }: HistoryRange): AsyncGenerator<HistoryEntry> {
  const decoder = createHistoryDecoder();
  let isFirst = true;
  try {
    for await (const text of piecesOf(segment.path)) {
      if (isFirst && !isReadable(schemaOf(text), HISTORY_SCHEMA, segment.path))
        return leftOut(`${segment.path}: it does not begin as a history file does`);
      isFirst = false;
      for (const entry of decoder.decode(text)) {
        const atMs = entry.kind === "interval" ? entry.interval.endMs : entry.t_ms;
        if (atMs > fromMs && atMs <= toMs) yield entry;
      }
    }
  } catch (error) {
    // Dropped between listing and opening: it was too old.
    if (systemErrorCode(error) !== "ENOENT") leftOut(`${segment.path}: ${messageOf(error)}`);
  }
  if (decoder.leftOut > 0)
    leftOut(`${segment.path}: ${decoder.leftOut} ${decoder.leftOut === 1 ? "line" : "lines"} could not be read`);
}

/** The first row of a segment; null when it is not one. */
export async function readSegmentStart({ path }: Segment): Promise<SegmentRow | null> {
  for await (const text of piecesOf(path)) {
    const parsed = segmentRowSchema.safeParse(firstValue(text));
    return parsed.success ? parsed.data : null;
  }
  return null;
}

function schemaOf(text: string): unknown {
  const value = firstValue(text);
  return typeof value === "object" && value !== null && "schema" in value ? value.schema : undefined;
}

function firstValue(text: string): unknown {
  for (const parsed of parseJsonLines(text)) return "value" in parsed ? parsed.value : undefined;
  return undefined;
}
