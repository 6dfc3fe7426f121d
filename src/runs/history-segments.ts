/**
 * The files that a history consists of: for each level a row of segments, `10s-1793211112000.jsonl`, named by the moment
 * at which they begin, in milliseconds since 1970. They are only appended to, and go whole.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { type HistoryLevel, historyLevels } from "./schemas/history.ts";

export interface Segment {
  level: HistoryLevel;
  startMs: number;
  path: string;
  bytes: number;
}

export function segmentName(level: HistoryLevel, startMs: number): string {
  return `${level}-${Math.floor(startMs).toString().padStart(14, "0")}.jsonl`;
}

/** In the order of time. Empty when there is no such directory. */
export async function listSegments(directory: string): Promise<Segment[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  const segments: Segment[] = [];
  for (const name of names) {
    const match = /^(?<level>[a-z0-9]+)-(?<startMs>\d{14,16})\.jsonl$/.exec(name);
    const level = historyLevels.find((each) => each === match?.groups?.["level"]);
    if (level === undefined) continue;
    const path = join(directory, name);
    // It may have been dropped in the meantime.
    const size = await stat(path).then(
      (found) => (found.isFile() ? found.size : null),
      () => null,
    );
    if (size !== null) segments.push({ level, startMs: Number(match?.groups?.["startMs"]), path, bytes: size });
  }
  return segments.sort((a, b) => a.startMs - b.startMs);
}
