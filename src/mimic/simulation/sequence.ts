/** One request inside the engine, from its arrival to its last token. Moments are milliseconds on the caller's clock. */

export interface Sequence {
  readonly id: string;
  readonly inputTokens: number;
  /** How many tokens it will produce; 0 for a request that only reads, such as an embedding. */
  readonly outputTokens: number;
  /** The caller's limit on output, as it asked; null for none. */
  readonly maxOutputTokens: number | null;
  readonly finish: "stop" | "length";
  /** Hashes of its full blocks, each over everything up to its end; may reach into the output. */
  readonly blockHashes: readonly number[];
  readonly arrivedMs: number;
  queuedMs: number;
  /** The start of the first step that worked on it. */
  scheduledMs: number | null;
  firstTokenMs: number | null;
  lastTokenMs: number | null;
  producedTokens: number;
  /** Tokens whose keys and values are in the cache now. */
  computedTokens: number;
  /** Prompt tokens that the prefix cache held when it was first admitted where it decodes. */
  cachedTokens: number;
  /** Prompt tokens whose keys and values came from a prefill rank. */
  transferredTokens: number;
  /** Full blocks made known to the prefix cache since it holds this table. */
  publishedBlocks: number;
  /** The blocks that it holds, in order. */
  table: number[];
  /** Who has it now. */
  place: Place;
  /** Its client is gone; it leaves when the step that it is in ends. */
  cancelled: boolean;
}

/** A part of the engine that can hold a request and can be told that nobody wants it any more. */
export interface Place {
  cancel(sequence: Sequence, nowMs: number): void;
}

/** Tokens that a step must have computed before the next output token exists. */
export function knownTokens(sequence: Sequence): number {
  return sequence.inputTokens + sequence.producedTokens;
}

export function isDecoding(sequence: Sequence): boolean {
  return sequence.producedTokens > 0 && sequence.computedTokens === knownTokens(sequence) - 1;
}
