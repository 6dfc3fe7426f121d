/** For tests: a clock that stands until it is moved, and then moves only when everybody who waits for it has settled. */
import type { WatchClock } from "./watch-clock.ts";

export interface VirtualClock extends WatchClock {
  /** Resolves when this many wait: whatever was to be done now has been done. */
  settled(sleepers: number): Promise<void>;
  /** Moves to the next moment that somebody waits for. */
  advance(): void;
  /** Sets the wall clock by so much; the monotonic one does not notice. */
  setWall(byMs: number): void;
  /** Whoever waits, waits for ever: their process has been killed. */
  forget(): void;
}

export function createVirtualClock(wallAtZeroMs: number): VirtualClock {
  let nowMs = 0;
  let wallOffsetMs = 0;
  let waiting: { dueMs: number; wake: () => void }[] = [];
  return {
    monotonicMs: () => nowMs,
    wallMs: () => wallAtZeroMs + nowMs + wallOffsetMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { dueMs: nowMs + Math.max(0, ms), wake: resolve };
        waiting.push(sleeper);
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
      while (waiting.length < sleepers) await new Promise((resolve) => setImmediate(resolve));
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
    forget() {
      waiting = [];
    },
  };
}
