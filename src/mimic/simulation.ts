/**
 * A simulated inference engine: continuous batching over a paged KV cache, after vLLM's V1 scheduler. It reads no clock
 * and waits for nothing: the caller says what time it is, so the same code serves in real time and runs hours in
 * seconds. The same profile, seed and calls give the same events.
 *
 * It models when tokens come, not which: what a reply says is the server's affair (src/mimic/reply.ts).
 */
import type { DeviceReading } from "./simulation/device-state.ts";
import type { SimulationEvent } from "./simulation/events.ts";
import { createFleet, earliest, type RankState } from "./simulation/fleet.ts";
import type { EngineProfile } from "./simulation/profile.ts";
import type { Place, Sequence } from "./simulation/sequence.ts";
import { createTokenizerQueue } from "./simulation/tokenizer-queue.ts";

export interface SimulatedRequest {
  id: string;
  nowMs: number;
  inputTokens: number;
  /** How many tokens it will produce; 0 for a request that only reads. */
  outputTokens: number;
  /** The caller's own limit on output tokens, for the metrics; null or absent for none. */
  maxOutputTokens?: number | null;
  /** How it ends after its last token: "length" unless told otherwise. */
  finish?: "stop" | "length";
  /** Hashes of its full blocks, prompt then output, each over everything up to its end; absent: shares nothing. */
  blockHashes?: readonly number[];
}

export interface Simulation {
  /** Takes a request at its `nowMs`. @throws RangeError when it can never fit `maxTokens`, or is there already. */
  submit(request: SimulatedRequest): void;
  /** Forgets a request; its `finished` event says "abort". Unknown or finished: nothing happens. */
  cancel(id: string, nowMs: number): void;
  /** When something will happen if nothing more is submitted; null when idle. */
  nextEventMs(): number | null;
  /** Everything that happened since the last call, up to and including `nowMs`, in order. */
  advance(nowMs: number): SimulationEvent[];
  /** The longest sequence that can ever run, prompt and output together. */
  readonly maxTokens: number;
  ranks(): RankState[];
  /** One device of each rank. `nowMs` must not go back. */
  devices(nowMs: number): DeviceReading[];
}

/** Moments must not go back from call to call. */
export function createSimulation(profile: EngineProfile, seed: number | string): Simulation {
  let events: SimulationEvent[] = [];
  const inside = new Map<string, Sequence>();
  const emit = (event: SimulationEvent) => {
    if (event.kind === "finished") inside.delete(event.id);
    events.push(event);
  };
  const tokenizer = createTokenizerQueue(profile.host?.tokenizerTokensPerSecond ?? null, emit);
  const fleet = createFleet(profile, seed, emit);
  const maxTokens = Math.min(profile.scheduler.maxModelTokens, profile.kvCache.blocks * profile.kvCache.blockTokens);

  const nextEventMs = () => earliest([tokenizer.nextMs(), fleet.nextMs()]);

  const runWhile = (due: (atMs: number) => boolean) => {
    for (let atMs = nextEventMs(); atMs !== null && due(atMs); atMs = nextEventMs()) {
      for (const sequence of tokenizer.take(atMs)) fleet.enter(sequence, atMs);
      fleet.runAt(atMs);
    }
  };

  return {
    maxTokens,
    submit(request) {
      // What is due at this very moment happens after the arrival: a step that starts now has it in its batch.
      runWhile((atMs) => atMs < request.nowMs);
      if (inside.has(request.id)) throw new RangeError(`request ${request.id} is in the engine already`);
      if (request.inputTokens < 1 || request.inputTokens + request.outputTokens > maxTokens)
        throw new RangeError(`${request.inputTokens} + ${request.outputTokens} tokens never fit ${maxTokens}`);
      const sequence = sequenceOf(request, tokenizer);
      inside.set(sequence.id, sequence);
      tokenizer.add(sequence, request.nowMs);
    },
    cancel(id, nowMs) {
      runWhile((atMs) => atMs < nowMs);
      const sequence = inside.get(id);
      sequence?.place.cancel(sequence, nowMs);
    },
    nextEventMs,
    advance(nowMs) {
      runWhile((atMs) => atMs <= nowMs);
      const happened = events;
      events = [];
      return happened;
    },
    ranks: fleet.states,
    devices: fleet.readings,
  };
}

function sequenceOf(request: SimulatedRequest, place: Place): Sequence {
  return {
    id: request.id,
    inputTokens: request.inputTokens,
    outputTokens: request.outputTokens,
    maxOutputTokens: request.maxOutputTokens ?? null,
    finish: request.finish ?? "length",
    blockHashes: request.blockHashes ?? [],
    arrivedMs: request.nowMs,
    queuedMs: request.nowMs,
    scheduledMs: null,
    firstTokenMs: null,
    lastTokenMs: null,
    producedTokens: 0,
    computedTokens: 0,
    cachedTokens: 0,
    transferredTokens: 0,
    publishedBlocks: 0,
    table: [],
    place,
    cancelled: false,
  };
}
