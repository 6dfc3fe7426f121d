/**
 * Time: the only place that reads a clock. Durations come from the monotonic clock; the wall clock only names things.
 */

/** Monotonic milliseconds with sub-microsecond resolution. Zero is arbitrary: only differences mean something. */
export function monotonicMs(): number {
  return performance.now();
}

/** Monotonic nanoseconds (CLOCK_MONOTONIC on Linux), comparable between processes of one machine. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

/** The wall clock, for names and for people. It can step; never subtract two of these. */
export function wallClock(): Date {
  return new Date();
}

/**
 * Resolves after `ms` milliseconds, or as soon as `signal` aborts: it never rejects, so that a cancelled wait is not an
 * error. The timer and the listener are gone on both paths.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    // Node turns a delay above 2^31-1 ms into 1 ms.
    const timer = setTimeout(done, Math.min(Math.max(0, ms), 0x7fffffff));
    signal?.addEventListener("abort", done);
  });
}
