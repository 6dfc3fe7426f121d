/** For tests: a clock that stands until it is moved, and then moves only when everybody who waits for it has settled. */
import type { WatchClock } from "./watch-clock.ts";

export interface VirtualClock extends WatchClock {
  /** Resolves when this many wait: whatever was to be done now has been done. */
  settled(sleepers: number): Promise<void>;
  /** Moves to the next moment that somebody waits for. */
  advance(): void;
  /** Sets the wall clock by so much; the monotonic one does not notice. */
  setWall(byMs: number): void;
}

export function createVirtualClock(wallAtZeroMs: number, startMs = 0): VirtualClock {
  let nowMs = startMs;
  let wallOffsetMs = 0;
  let waiting: { dueMs: number; wake: () => void }[] = [];
  /** Resolves when as many wait as somebody wants to see. */
  let seen: { sleepers: number; resolve: () => void } | null = null;
  return {
    monotonicMs: () => nowMs,
    wallMs: () => wallAtZeroMs + nowMs + wallOffsetMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { dueMs: nowMs + Math.max(0, ms), wake: resolve };
        waiting.push(sleeper);
        if (seen !== null && waiting.length >= seen.sleepers) seen.resolve();
        const abort = () => {
          waiting = waiting.filter((each) => each !== sleeper);
          resolve();
        };
        signal?.addEventListener("abort", abort);
        sleeper.wake = () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        };
      }),
    async settled(sleepers) {
      if (waiting.length < sleepers) await new Promise<void>((resolve) => (seen = { sleepers, resolve }));
      seen = null;
    },
    advance() {
      nowMs = Math.min(...waiting.map(({ dueMs }) => dueMs));
      const due = waiting.filter(({ dueMs }) => dueMs <= nowMs);
      waiting = waiting.filter(({ dueMs }) => dueMs > nowMs);
      for (const { wake } of due) wake();
    },
    setWall(byMs) {
      wallOffsetMs += byMs;
    },
  };
}
