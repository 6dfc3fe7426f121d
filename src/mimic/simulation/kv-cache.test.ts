import { describe, expect, it } from "vitest";
import { createKvCache } from "./kv-cache.ts";

const sixBlocks = { blockTokens: 4, blocks: 6, prefixCaching: true };

/** Takes blocks for a sequence whose full blocks have these hashes. */
function hold(cache: ReturnType<typeof createKvCache>, hashes: readonly number[]): number[] {
  const table: number[] = [];
  const cached = cache.match(hashes, hashes.length);
  expect(cache.allocate(table, cached, hashes.length - cached.length)).toBe(true);
  cache.publish(table, hashes, cached.length, hashes.length);
  return table;
}

describe("the KV cache", () => {
  it("finds what was computed before, as far as the prefixes agree", () => {
    const cache = createKvCache(sixBlocks);
    const table = hold(cache, [1, 2, 3]);
    expect(cache.match([1, 2, 9, 3], 10)).toEqual(table.slice(0, 2));
    expect(cache.match([1, 2, 3], 2)).toEqual(table.slice(0, 2));
    expect(cache.match([9], 10)).toEqual([]);
  });

  it("shares blocks between sequences and frees them with the last one", () => {
    const cache = createKvCache(sixBlocks);
    const first = hold(cache, [1, 2, 3]);
    const second = hold(cache, [1, 2, 4]);
    expect(second.slice(0, 2)).toEqual(first.slice(0, 2));
    expect([cache.freeBlocks(), cache.usage()]).toEqual([2, 1 - 2 / 6]);
    cache.release(first);
    expect([cache.freeBlocks(), cache.reusableBlocks()]).toEqual([3, 1]);
    cache.release(second);
    expect([cache.freeBlocks(), cache.reusableBlocks(), cache.usage()]).toEqual([6, 4, 0]);
    expect([first, second]).toEqual([[], []]);
  });

  it("evicts the least recently used first, and of one sequence the tail before the head", () => {
    const cache = createKvCache(sixBlocks);
    const old = hold(cache, [1, 2, 3]);
    const recent = hold(cache, [7, 8]);
    cache.release(old);
    cache.release(recent);
    // One block was never used: it goes first, then 3, then 2.
    hold(cache, [101, 102, 103]);
    expect(cache.match([1, 2, 3], 3)).toHaveLength(1);
    expect(cache.match([7, 8], 2)).toHaveLength(2);
    expect(cache.evictedBlocks()).toBe(2);
  });

  it("keeps what is found in use: a hit takes the block out of the queue for eviction", () => {
    const cache = createKvCache(sixBlocks);
    cache.release(hold(cache, [1, 2]));
    const again = hold(cache, [1, 2]);
    hold(cache, [101, 102, 103, 104]);
    expect(cache.match([1, 2], 2)).toEqual(again);
    expect(cache.freeBlocks()).toBe(0);
  });

  it("gives all that is asked for or nothing", () => {
    const cache = createKvCache(sixBlocks);
    cache.release(hold(cache, [1, 2]));
    const held = hold(cache, [5, 6, 7, 8]);
    const table: number[] = [];
    // Two blocks are free, and both are the hits themselves: a third cannot be had.
    expect(cache.allocate(table, cache.match([1, 2], 2), 1)).toBe(false);
    expect([table, cache.freeBlocks(), cache.match([1, 2], 2).length]).toEqual([[], 2, 2]);
    cache.release(held);
    expect(cache.allocate(table, cache.match([1, 2], 2), 1)).toBe(true);
  });

  it("remembers nothing when prefix caching is off", () => {
    const cache = createKvCache({ ...sixBlocks, prefixCaching: false });
    cache.release(hold(cache, [1, 2]));
    expect([cache.match([1, 2], 2), cache.reusableBlocks()]).toEqual([[], 0]);
  });
});
