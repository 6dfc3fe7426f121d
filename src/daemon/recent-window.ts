/**
 * The last minutes, in memory that is taken once: blocks of encoded rows, the oldest of which is overwritten when the
 * newest is full. Each block can be decoded by itself.
 */
import { createHistoryDecoder, createHistoryEncoder, type HistoryEntry } from "../runs/history-codec.ts";

export interface RecentWindow {
  append(entry: HistoryEntry): void;
  /** Oldest first. */
  entries(): Generator<HistoryEntry>;
  /** The first and the last moment that it holds; null while it is empty. */
  span(): { fromMs: number; toMs: number } | null;
}

interface Block {
  bytes: Buffer;
  used: number;
  fromMs: number;
  toMs: number;
  encoder: ReturnType<typeof createHistoryEncoder>;
}

export function createRecentWindow(totalBytes: number, blockCount = 16): RecentWindow {
  const blocks: Block[] = Array.from({ length: blockCount }, () => emptyBlock(Math.floor(totalBytes / blockCount)));
  let current = 0;

  return {
    append(entry) {
      const atMs = entry.kind === "interval" ? entry.interval.endMs : entry.t_ms;
      let block = blocks[current] as Block;
      let line = Buffer.from(block.encoder.encode(entry));
      if (block.used + line.length > block.bytes.length) {
        current = (current + 1) % blockCount;
        block = restart(blocks[current] as Block);
        line = Buffer.from(block.encoder.encode(entry));
        // Longer than a whole block: no page of real metrics is.
        if (line.length > block.bytes.length) return void restart(block);
      }
      line.copy(block.bytes, block.used);
      if (block.used === 0) block.fromMs = atMs;
      block.used += line.length;
      block.toMs = atMs;
    },
    *entries() {
      for (let i = 1; i <= blockCount; i++) {
        const { bytes, used } = blocks[(current + i) % blockCount] as Block;
        if (used > 0) yield* createHistoryDecoder().decode(bytes.toString("utf8", 0, used));
      }
    },
    span() {
      const used = blocks.filter((block) => block.used > 0);
      if (used.length === 0) return null;
      return {
        fromMs: Math.min(...used.map(({ fromMs }) => fromMs)),
        toMs: Math.max(...used.map(({ toMs }) => toMs)),
      };
    },
  };
}

function emptyBlock(bytes: number): Block {
  return { bytes: Buffer.alloc(bytes), used: 0, fromMs: 0, toMs: 0, encoder: createHistoryEncoder() };
}

function restart(block: Block): Block {
  block.used = 0;
  block.encoder = createHistoryEncoder();
  return block;
}
