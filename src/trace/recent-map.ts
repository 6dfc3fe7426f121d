/**
 * A map that keeps what was used lately: at least the last `most` entries, at most twice as many. A trace may go on for
 * weeks, and what nobody comes back to need not be known for ever.
 */
export interface RecentMap<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

export function createRecentMap<Key, Value>(most: number): RecentMap<Key, Value> {
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  const set = (key: Key, value: Value) => {
    young.set(key, value);
    if (young.size < most) return;
    old = young;
    young = new Map();
  };
  return {
    set,
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const before = old.get(key);
      if (before !== undefined) set(key, before);
      return before;
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
  };
}
