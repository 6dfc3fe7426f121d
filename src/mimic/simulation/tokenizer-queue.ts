/** The processor that turns prompts into tokens before the engine sees them: one at a time, in order. */
import type { SimulationEvent } from "./events.ts";
import { finishedEvent } from "./sequence-events.ts";
import type { Place, Sequence } from "./sequence.ts";

export interface TokenizerQueue extends Place {
  add(sequence: Sequence, nowMs: number): void;
  /** When the next sequence is ready; null when there is none. */
  nextMs(): number | null;
  /** Removes and gives those that are ready by then. */
  take(nowMs: number): Sequence[];
}

/** `tokensPerSecond` null: no delay. */
export function createTokenizerQueue(
  tokensPerSecond: number | null,
  emit: (event: SimulationEvent) => void,
): TokenizerQueue {
  let queue: { sequence: Sequence; readyMs: number }[] = [];
  let busyUntilMs = -Infinity;
  const place: Place = {
    cancel(sequence, nowMs) {
      queue = queue.filter((entry) => entry.sequence !== sequence);
      emit(finishedEvent(sequence, 0, nowMs, "abort"));
    },
  };
  return {
    ...place,
    add(sequence, nowMs) {
      const workMs = tokensPerSecond === null ? 0 : (sequence.inputTokens / tokensPerSecond) * 1000;
      busyUntilMs = Math.max(busyUntilMs, nowMs) + workMs;
      sequence.place = place;
      queue.push({ sequence, readyMs: busyUntilMs });
    },
    nextMs: () => queue[0]?.readyMs ?? null,
    take(nowMs) {
      const ready = queue.filter(({ readyMs }) => readyMs <= nowMs);
      if (ready.length > 0) queue = queue.slice(ready.length);
      return ready.map(({ sequence }) => sequence);
    },
  };
}
