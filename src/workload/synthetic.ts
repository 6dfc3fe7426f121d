/**
 * Synthetic prompts: readable words, as many as tokens are wanted. The same seed, run and request give the same text. No
 * two requests share a beginning, within a run or between runs, so that no prefix cache can answer for the engine. The
 * wanted lengths depend on the seed and the request alone: two runs of one plan ask for the same work.
 */
import { type Random, seededRandom } from "../random.ts";
import type { Prompt } from "./prompt.ts";
import { words } from "./words.ts";

export interface Length {
  mean: number;
  sd: number;
}

export interface SyntheticRequest {
  seed: string;
  /** Different in every run. */
  runNonce: string;
  /** The request's number within the run. */
  id: number;
  inputTokens: Length;
  outputTokens: Length;
}

export function syntheticPrompt({ seed, runNonce, id, inputTokens, outputTokens }: SyntheticRequest): Prompt {
  const wantedInputTokens = drawLength(inputTokens, seededRandom(seed, `input ${id}`));
  return {
    content: { kind: "text", text: uniqueText(`${seed}/${runNonce}`, id, wantedInputTokens) },
    wantedInputTokens,
    wantedOutputTokens: drawLength(outputTokens, seededRandom(seed, `output ${id}`)),
  };
}

/** A normal distribution, rounded, without what lies below 1: with a wide spread its mean is above the one asked for. */
export function drawLength({ mean, sd }: Length, random: Random): number {
  if (sd === 0) return Math.max(1, Math.round(mean));
  for (;;) {
    const length = Math.round(mean + sd * random.normal());
    if (length >= 1) return length;
  }
}

/** Words that carry the request's number: 929 to the power of 4 is more requests than any run has. */
const ID_WORDS = 4;
/** Words that carry the run: about 60 bits. Together they are shorter than the smallest cache block in use, 16 tokens. */
const RUN_WORDS = 6;

function uniqueText(run: string, id: number, length: number): string {
  const random = seededRandom(run, `text ${id}`);
  const text = uniqueStart(run, id).slice(0, length);
  while (text.length < length) text.push(wordAt(random.integer(words.length)));
  return text.join(" ");
}

/**
 * The number in base 929, lowest digit first so that neighbours differ in their first word, then the run. Each digit is
 * shifted by an amount of the run's own.
 */
export function uniqueStart(run: string, id: number): string[] {
  const start: string[] = [];
  let rest = id;
  for (let i = 0; i < ID_WORDS; i++) {
    start.push(wordAt(rest + hashOf(run, `id ${i}`)));
    rest = Math.floor(rest / words.length);
  }
  for (let i = 0; i < RUN_WORDS; i++) start.push(wordAt(hashOf(run, `run ${i}`)));
  return start;
}

/** The label goes first: runs whose hashes collide under one label are apart under the next. */
function hashOf(run: string, label: string): number {
  return seededRandom(label, run).integer(words.length);
}

function wordAt(index: number): string {
  return words[index % words.length] as string;
}
