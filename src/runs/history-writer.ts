/**
 * Keeps a history on disk: append-only segments for each level, dropped whole when they are older than the level is kept
 * or when all of them together would take more than `maxBytes`. A disk that refuses stops the writing, never the caller;
 * each flush tries again, and the first that succeeds says what was lost.
 */
import { type FileHandle, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { jsonLine } from "../json.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { createHistoryEncoder, type HistoryEncoder, type HistoryEntry } from "./history-codec.ts";
import { listSegments, type Segment, segmentName } from "./history-segments.ts";
import { openNewPrivateFile } from "./private-file.ts";
import { HISTORY_SCHEMA, type HistoryLevel, type SegmentRow } from "./schemas/history.ts";

export interface KeptLevel {
  level: HistoryLevel;
  /** How far back it goes. A segment goes when all of it is older. */
  keepMs: number;
  /** Its part of `maxBytes`. */
  share: number;
}

export interface HistoryWriterOptions {
  directory: string;
  levels: readonly KeptLevel[];
  maxBytes: number;
  /** What the first row of a new segment says beside its level. */
  segmentStart(this: void): Pick<SegmentRow, "t_ms" | "wall_ms" | "offsets">;
  /** The disk stopped taking rows (why), or takes them again (null). */
  onTrouble(this: void, why: string | null): void;
}

export interface HistoryDiskState {
  bytes: number;
  /** The beginning of the oldest segment; null without one. */
  oldestMs: number | null;
  /** Why writing stopped; null while it goes on. */
  stopped: string | null;
  lostRows: number;
}

export interface HistoryWriter {
  append(level: HistoryLevel, entry: HistoryEntry): void;
  /** Writes what was appended. It never rejects. */
  flush(): Promise<void>;
  state(): HistoryDiskState;
  /** Flushes, makes it durable and closes. */
  close(): Promise<void>;
}

/** A level's part of the disk is this many segments, or more that are smaller. */
const segmentsPerLevel = 12;
/** A row that is longer would be no row: a page of metrics as large as may be read has far fewer names. */
const fewestSegmentBytes = 16 * 1024;

/** A disk that hangs, as one behind a network can, must not fill the memory. */
const mostWaiting = 2000;

export async function openHistoryWriter(options: HistoryWriterOptions): Promise<HistoryWriter> {
  const { directory, levels, maxBytes, segmentStart, onTrouble } = options;
  const open = new Map<HistoryLevel, OpenSegment>();
  const waiting = new Map<HistoryLevel, HistoryEntry[]>();
  let segments: Segment[] = [];
  let stopped: string | null = null;
  let lostRows = 0;
  /** What each level's files have to say when they can be written again. */
  const lost = new Map<HistoryLevel, { from_ms: number; rows: number; why: string }>();
  let flushing: Promise<void> = Promise.resolve();

  const bytesOf = (kept: readonly Segment[]) => kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const ofLevel = (level: HistoryLevel) => segments.filter((segment) => segment.level === level);
  const isOpen = (segment: Segment) => open.get(segment.level)?.segment === segment;

  const drop = async (segment: Segment) => {
    await rm(segment.path, { force: true });
    segments = segments.filter((each) => each !== segment);
  };

  /** Before `coming` bytes are added to `level`. */
  const makeRoom = async (level: HistoryLevel, coming: number, nowMs: number) => {
    for (const kept of levels) {
      const its = ofLevel(kept.level);
      for (const [i, segment] of its.entries()) {
        const endMs = its[i + 1]?.startMs ?? Infinity;
        if (endMs < nowMs - kept.keepMs && !isOpen(segment)) await drop(segment);
      }
    }
    const share = levels.find((kept) => kept.level === level)?.share ?? 1;
    for (;;) {
      const its = ofLevel(level);
      const oldest = its.find((segment) => !isOpen(segment));
      if (bytesOf(its) + coming <= maxBytes * share || oldest === undefined) return;
      await drop(oldest);
    }
  };

  const segmentFor = async (kept: KeptLevel): Promise<OpenSegment> => {
    const start = segmentStart();
    const current = open.get(kept.level);
    const longestBytes = Math.max(fewestSegmentBytes, (maxBytes * kept.share) / segmentsPerLevel);
    const isCurrent =
      current !== undefined &&
      current.segment.bytes < longestBytes &&
      start.t_ms - current.segment.startMs < kept.keepMs / segmentsPerLevel &&
      (await current.file.stat()).nlink > 0;
    if (isCurrent) return current;
    await close(kept.level);
    const startMs = Math.max(start.t_ms, (ofLevel(kept.level).at(-1)?.startMs ?? 0) + 1);
    const path = join(directory, segmentName(kept.level, startMs));
    const file = await createIn(directory, path);
    const segment: Segment = { level: kept.level, startMs: Math.floor(startMs), path, bytes: 0 };
    const opened: OpenSegment = { file, segment, encoder: createHistoryEncoder() };
    const header = jsonLine({ kind: "segment", schema: HISTORY_SCHEMA, level: kept.level, ...start });
    try {
      await writeWhole(opened, header);
    } catch (error) {
      await file.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
    segments.push(segment);
    open.set(kept.level, opened);
    return opened;
  };

  const close = async (level: HistoryLevel) => {
    const current = open.get(level);
    if (current === undefined) return;
    open.delete(level);
    await current.file.sync().catch(() => {});
    await current.file.close().catch(() => {});
    // Whatever someone took away takes no room either.
    const found = await listSegments(directory).catch(() => segments);
    segments = found.map((segment) => segments.find(({ path }) => path === segment.path) ?? segment);
  };

  const writeLevel = async (kept: KeptLevel, entries: readonly HistoryEntry[]) => {
    const nowMs = segmentStart().t_ms;
    const current = await segmentFor(kept);
    const text = entries.map((entry) => current.encoder.encode(entry)).join("");
    await makeRoom(kept.level, Buffer.byteLength(text), nowMs);
    try {
      await writeWhole(current, text);
    } catch (error) {
      // Its last lines are not what the encoder believes it has written.
      await close(kept.level);
      throw error;
    }
  };

  const loseRows = (level: HistoryLevel, rows: number, why: string) => {
    lostRows += rows;
    const before = lost.get(level);
    lost.set(level, { from_ms: before?.from_ms ?? segmentStart().t_ms, rows: (before?.rows ?? 0) + rows, why });
    if (stopped !== why) onTrouble((stopped = why));
  };

  const flushNow = async () => {
    for (const kept of levels) {
      const entries = waiting.get(kept.level) ?? [];
      if (entries.length === 0) continue;
      waiting.set(kept.level, []);
      try {
        const gap = lost.get(kept.level);
        await writeLevel(
          kept,
          gap === undefined ? entries : [{ kind: "lost", t_ms: segmentStart().t_ms, ...gap }, ...entries],
        );
        lost.delete(kept.level);
        // The finest level is written at every flush: it is the one that tells.
        if (stopped !== null && kept === levels[0]) onTrouble((stopped = null));
      } catch (error) {
        loseRows(kept.level, entries.length, diskTrouble(error));
      }
    }
  };

  try {
    segments = await listSegments(directory);
  } catch (error) {
    onTrouble((stopped = diskTrouble(error)));
  }

  const flush = () => (flushing = flushing.then(flushNow));
  return {
    append(level, entry) {
      const rows = waiting.get(level) ?? [];
      if (rows.push(entry) > mostWaiting) {
        rows.shift();
        loseRows(level, 1, "the disk does not answer");
      }
      waiting.set(level, rows);
    },
    flush,
    state: () => ({ bytes: bytesOf(segments), oldestMs: segments[0]?.startMs ?? null, stopped, lostRows }),
    async close() {
      await flush();
      for (const { level } of levels) await close(level);
    },
  };
}

interface OpenSegment {
  file: FileHandle;
  segment: Segment;
  encoder: HistoryEncoder;
}

/** All of `text` or none of it: what a full disk took of it is cut off again. */
async function writeWhole({ file, segment }: OpenSegment, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
    segment.bytes += bytes.length;
  } catch (error) {
    await file.truncate(segment.bytes).catch(() => {});
    throw error;
  }
}

async function createIn(directory: string, path: string): Promise<FileHandle> {
  try {
    return await openNewPrivateFile(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    // The directory itself may be made again, but not what it lies in: whoever removed a run meant it.
    await mkdir(directory, { mode: 0o700 });
    return openNewPrivateFile(path);
  }
}
