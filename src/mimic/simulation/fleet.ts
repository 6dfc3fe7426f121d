/** The ranks of one deployment: who gets a request, and what happens at one moment, in which order. */
import { seededRandom } from "../../random.ts";
import type { DeviceReading } from "./device-state.ts";
import type { SimulationEvent } from "./events.ts";
import type { EngineProfile } from "./profile.ts";
import { createRank, type Rank } from "./rank.ts";
import type { Sequence } from "./sequence.ts";
import { createTransfer, type Transfer } from "./transfer.ts";

/** How one rank stands now. */
export interface RankState {
  running: number;
  waiting: number;
  /** Waiting too, but for keys and values to arrive rather than for room. */
  deferred: number;
  kvUsage: number;
  freeBlocks: number;
  /** Free blocks whose contents could still be found again. */
  reusableBlocks: number;
  evictedBlocks: number;
  /** Tokens whose keys and values it holds for its sequences. */
  heldTokens: number;
}

export interface Fleet {
  enter(sequence: Sequence, nowMs: number): void;
  nextMs(): number | null;
  /** Everything that is due at this moment: ends first, then starts, so that a step sees all that came by then. */
  runAt(nowMs: number): void;
  states(): RankState[];
  /** One device of each rank; the others of a rank are in the same state. */
  readings(nowMs: number): DeviceReading[];
}

export function createFleet(
  profile: EngineProfile,
  seed: number | string,
  emit: (event: SimulationEvent) => void,
): Fleet {
  const { split } = profile;
  const transfer = split === undefined ? null : createTransfer(profile, split, emit);
  const prefillRanks = split?.prefillRanks ?? 0;
  const ranks: Rank[] = Array.from({ length: profile.ranks }, (_, index) => {
    const random = seededRandom(seed, `rank ${index}`);
    if (transfer === null || index >= prefillRanks) return createRank(index, { profile, random, emit });
    const handOver = (sequence: Sequence, nowMs: number) => {
      const source = ranks[index];
      if (source !== undefined)
        transfer.send(sequence, source, leastLoaded(ranks.slice(prefillRanks), transfer), nowMs);
    };
    return createRank(index, { profile, random, emit, handOver });
  });
  const entrances = split === undefined ? ranks : ranks.slice(0, prefillRanks);

  return {
    enter(sequence, nowMs) {
      sequence.queuedMs = nowMs;
      leastLoaded(entrances, null).enqueue(sequence, nowMs);
    },
    nextMs: () => earliest([transfer?.nextMs() ?? null, ...ranks.map((rank) => rank.nextMs())]),
    runAt(nowMs) {
      for (const rank of ranks) rank.endStep(nowMs);
      transfer?.run(nowMs);
      for (const rank of ranks) if ((rank.nextMs() ?? Infinity) <= nowMs) rank.startStep(nowMs);
    },
    states: () => ranks.map((rank) => stateOf(rank, transfer)),
    readings: (nowMs) => ranks.map((rank) => rank.device.read(nowMs)),
  };
}

/** vLLM's balance between data-parallel ranks: four points for a waiting request, one for a running one. */
function leastLoaded(ranks: readonly Rank[], transfer: Transfer | null): Rank {
  const load = (rank: Rank) => {
    const coming = transfer?.countsFor(rank);
    return 4 * (rank.waiting.length + (coming?.waiting ?? 0)) + rank.running.length + (coming?.travelling ?? 0);
  };
  return ranks.reduce((best, rank) => (load(rank) < load(best) ? rank : best));
}

export function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function stateOf(rank: Rank, transfer: Transfer | null): RankState {
  const { waiting, running, cache } = rank;
  const coming = transfer?.countsFor(rank);
  return {
    running: running.length,
    waiting: waiting.length + (coming?.waiting ?? 0),
    deferred: coming?.travelling ?? 0,
    kvUsage: cache.usage(),
    freeBlocks: cache.freeBlocks(),
    reusableBlocks: cache.reusableBlocks(),
    evictedBlocks: cache.evictedBlocks(),
    heldTokens: running.reduce((sum, { computedTokens }) => sum + computedTokens, 0),
  };
}
