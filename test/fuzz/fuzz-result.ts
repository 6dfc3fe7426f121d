/** One case in which two readers do not agree, in a form that can be pasted into a test. */
export interface Disagreement {
  number: number;
  what: string;
  /** Latin-1: one character is one byte. */
  bytes: string;
  cuts: number[];
  ours: unknown;
  theirs: unknown;
}

/** Each case is drawn from the seed and its own number, so that one can be repeated alone. */
export interface FuzzOptions {
  first: number;
  cases: number;
  seed: number;
  /** Stops after so many disagreements. */
  most: number;
}

export interface FuzzResult {
  /** How many were run. */
  cases: number;
  /** How often each known difference was met, by its name. */
  known: Map<string, number>;
  disagreements: Disagreement[];
}
