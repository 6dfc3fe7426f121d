/**
 * The KV cache of one rank: fixed blocks, a free queue in order of last use, and full blocks found again by the hash of
 * everything up to their end. A freed block keeps its contents until it is taken for something else, as in vLLM's V1
 * block pool; the least recently freed goes first, and of one sequence the tail before the head.
 */
import type { KvCacheProfile } from "./profile.ts";

export interface KvCache {
  /** Cached full blocks that begin this chain of hashes, at most `limit`. */
  match(hashes: readonly number[], limit: number): number[];
  /** Adds `cached` (from `match`) and `count` fresh blocks to the table, or changes nothing and says false. */
  allocate(table: number[], cached: readonly number[], count: number): boolean;
  /** The table's blocks in [from, to) are full now, with these hashes. */
  publish(table: readonly number[], hashes: readonly number[], from: number, to: number): void;
  /** Frees and empties the table. */
  release(table: number[]): void;
  freeBlocks(): number;
  /** Share of blocks that a sequence holds, 0 to 1. */
  usage(): number;
  /** Free blocks whose contents could still be found again. */
  reusableBlocks(): number;
  /** Blocks with findable contents that were taken for something else, since the start. */
  evictedBlocks(): number;
}

export function createKvCache({ blocks, prefixCaching }: KvCacheProfile): KvCache {
  const holders = new Int32Array(blocks);
  const hashOf = new Float64Array(blocks).fill(NaN);
  const blockOf = new Map<number, number>();
  // A doubly linked list through all free blocks; index `blocks` is its head and tail.
  const next = new Int32Array(blocks + 1);
  const previous = new Int32Array(blocks + 1);
  for (let i = 0; i <= blocks; i++) {
    next[i] = i === blocks ? 0 : i + 1;
    previous[i] = i === 0 ? blocks : i - 1;
  }
  let free = blocks;
  let reusable = 0;
  let evicted = 0;

  const unlink = (block: number) => {
    const before = previous[block] ?? blocks;
    const after = next[block] ?? blocks;
    next[before] = after;
    previous[after] = before;
    free--;
    if (!Number.isNaN(hashOf[block])) reusable--;
  };

  const append = (block: number) => {
    const last = previous[blocks] ?? blocks;
    next[last] = block;
    previous[block] = last;
    next[block] = blocks;
    previous[blocks] = block;
    free++;
    if (!Number.isNaN(hashOf[block])) reusable++;
  };

  const takeOldest = (): number => {
    const block = next[blocks] ?? blocks;
    unlink(block);
    const hash = hashOf[block] ?? NaN;
    if (!Number.isNaN(hash)) {
      blockOf.delete(hash);
      hashOf[block] = NaN;
      evicted++;
    }
    holders[block] = 1;
    return block;
  };

  return {
    match(hashes, limit) {
      const found: number[] = [];
      if (!prefixCaching) return found;
      for (const hash of hashes) {
        const block = found.length < limit ? blockOf.get(hash) : undefined;
        if (block === undefined) break;
        found.push(block);
      }
      return found;
    },
    allocate(table, cached, count) {
      const cachedAndFree = cached.filter((block) => holders[block] === 0).length;
      if (count + cachedAndFree > free) return false;
      for (const block of cached) {
        if (holders[block] === 0) unlink(block);
        holders[block] = (holders[block] ?? 0) + 1;
        table.push(block);
      }
      for (let i = 0; i < count; i++) table.push(takeOldest());
      return true;
    },
    publish(table, hashes, from, to) {
      if (!prefixCaching) return;
      for (let i = from; i < to; i++) {
        const hash = hashes[i];
        const block = table[i];
        // The first block with these contents stays the one that is found; a later copy is only held.
        if (hash === undefined || block === undefined || blockOf.has(hash) || !Number.isNaN(hashOf[block])) continue;
        hashOf[block] = hash;
        blockOf.set(hash, block);
      }
    },
    release(table) {
      for (let block = table.pop(); block !== undefined; block = table.pop()) {
        holders[block] = (holders[block] ?? 1) - 1;
        if (holders[block] === 0) append(block);
      }
    },
    freeBlocks: () => free,
    usage: () => (blocks === 0 ? 0 : 1 - free / blocks),
    reusableBlocks: () => reusable,
    evictedBlocks: () => evicted,
  };
}
