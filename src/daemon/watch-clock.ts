/**
 * The time of a history: milliseconds since 1970 by the wall clock when the daemon started, and from there on by the
 * monotonic clock. So it never goes back, and a length of time is right whatever happens to the wall clock; how far the
 * two have come apart is kept beside it.
 */
import { monotonicMs, sleep, wallClock } from "../clock.ts";

export interface WatchClock {
  monotonicMs(this: void): number;
  wallMs(this: void): number;
  sleep(this: void, ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: WatchClock = { monotonicMs, wallMs: () => wallClock().getTime(), sleep };

export interface HistoryClock {
  nowMs(this: void): number;
  /** The history's time of a moment of the monotonic clock. */
  at(this: void, monotonicMs: number): number;
  /** How the clocks came apart since the last call; null when they did not. */
  step(this: void): { stepMs: number; wallMs: number } | null;
  /** What a person's clock showed, or shows, at that time: by the newest offset. */
  wallTime(this: void, atMs: number): Date;
  state(this: void): { steps: number; offsetMs: number };
}

/** Clocks are slewed by 500 ppm at most, so that in a minute only a step adds up to this. */
const smallestStepMs = 500;

/** @param notBeforeMs where the history so far ends: the wall clock may have been set back while nobody watched. */
export function createHistoryClock({ monotonicMs: monotonic, wallMs }: WatchClock, notBeforeMs: number): HistoryClock {
  const zeroMs = Math.max(wallMs(), notBeforeMs) - monotonic();
  let offsetMs = wallMs() - (zeroMs + monotonic());
  let steps = 0;
  const at = (ms: number) => zeroMs + ms;
  const nowMs = () => at(monotonic());
  return {
    nowMs,
    at,
    step() {
      const wall = wallMs();
      const stepMs = wall - nowMs() - offsetMs;
      // Small differences are followed, so that slewing never adds up to a step.
      offsetMs += stepMs;
      if (Math.abs(stepMs) < smallestStepMs) return null;
      steps++;
      return { stepMs, wallMs: wall };
    },
    wallTime: (atMs) => new Date(atMs + offsetMs),
    state: () => ({ steps, offsetMs }),
  };
}
