/**
 * The way of keys and values from a rank that prefills to one that decodes. A sequence first gets blocks on the decoding
 * rank, first come first served; then its cache travels over that rank's link, one transfer after the other; only then
 * are its blocks on the prefill rank free. The last prompt token is computed again where it decodes, as in vLLM, since
 * the first new token is sampled there.
 */
import type { SimulationEvent } from "./events.ts";
import type { EngineProfile, SplitProfile } from "./profile.ts";
import type { Rank } from "./rank.ts";
import { admittedEvent, finishedEvent } from "./sequence-events.ts";
import type { Place, Sequence } from "./sequence.ts";

export interface Transfer extends Place {
  /** Takes over a sequence whose prompt was computed on `source`, for `target` to decode. */
  send(sequence: Sequence, source: Rank, target: Rank, nowMs: number): void;
  /** The end of the next transfer; null when none runs. */
  nextMs(): number | null;
  /** Ends the transfers that are due, and starts those for which there is room now. */
  run(nowMs: number): void;
  /** Sequences for this rank that wait for blocks on it, and those whose cache is on its way. */
  countsFor(target: Rank): { waiting: number; travelling: number };
}

interface Journey {
  sequence: Sequence;
  source: Rank;
  target: Rank;
  /** Its blocks on the source. */
  sourceTable: number[];
  /** Null until it has blocks on the target. */
  arrivesMs: number | null;
}

export function createTransfer(
  profile: EngineProfile,
  split: SplitProfile,
  emit: (event: SimulationEvent) => void,
): Transfer {
  let journeys: Journey[] = [];
  const linkFreeMs = new Map<Rank, number>();

  const depart = (journey: Journey, nowMs: number) => {
    const { sequence, target } = journey;
    const blocks = Math.ceil(sequence.inputTokens / profile.kvCache.blockTokens);
    if (!target.cache.allocate(sequence.table, [], blocks)) return false;
    const startMs = Math.max(nowMs, linkFreeMs.get(target) ?? nowMs);
    const bytes = sequence.inputTokens * split.bytesPerToken;
    journey.arrivesMs = startMs + split.latencyMs + (bytes / split.linkBytesPerSecond) * 1000;
    linkFreeMs.set(target, journey.arrivesMs);
    return true;
  };

  const arrive = ({ sequence, source, target, sourceTable }: Journey, nowMs: number) => {
    source.cache.release(sourceTable);
    sequence.computedTokens = sequence.inputTokens - 1;
    sequence.transferredTokens = sequence.inputTokens - 1;
    emit(admittedEvent(sequence, target.index, nowMs));
    target.enqueue(sequence, nowMs);
  };

  const place: Place = {
    cancel(sequence, nowMs) {
      const journey = journeys.find((one) => one.sequence === sequence);
      if (journey === undefined) return;
      journeys = journeys.filter((one) => one !== journey);
      journey.source.cache.release(journey.sourceTable);
      journey.target.cache.release(sequence.table);
      emit(finishedEvent(sequence, journey.target.index, nowMs, "abort"));
    },
  };

  const run = (nowMs: number) => {
    const due = journeys.filter(({ arrivesMs }) => arrivesMs !== null && arrivesMs <= nowMs);
    journeys = journeys.filter((journey) => !due.includes(journey));
    for (const journey of due) arrive(journey, nowMs);
    const full = new Set<Rank>();
    for (const journey of journeys)
      if (journey.arrivesMs === null && !full.has(journey.target) && !depart(journey, nowMs)) full.add(journey.target);
  };

  return {
    ...place,
    run,
    send(sequence, source, target, nowMs) {
      journeys.push({ sequence, source, target, sourceTable: sequence.table, arrivesMs: null });
      Object.assign(sequence, { table: [], cachedTokens: 0, publishedBlocks: 0, place });
      run(nowMs);
    },
    nextMs: () => journeys.reduce<number | null>((next, { arrivesMs }) => least(next, arrivesMs), null),
    countsFor(target) {
      const mine = journeys.filter((journey) => journey.target === target);
      const waiting = mine.filter(({ arrivesMs }) => arrivesMs === null).length;
      return { waiting, travelling: mine.length - waiting };
    },
  };
}

function least(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
