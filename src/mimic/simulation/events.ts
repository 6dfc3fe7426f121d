/** What a simulation reports as it runs. Moments are milliseconds on the caller's clock. */
import type { StepCost, StepWork } from "./step-time.ts";

export type FinishReason = "stop" | "length" | "abort";

/** New tokens of one request, at the end of the step that computed them. */
export interface TokensEvent {
  kind: "tokens";
  id: string;
  rank: number;
  atMs: number;
  tokens: number;
  /** Tokens that it had before. */
  before: number;
  inputTokens: number;
  cachedTokens: number;
  transferredTokens: number;
  arrivedMs: number;
  /** Since this request's previous tokens; null for its first. */
  gapMs: number | null;
  /** Set with the last tokens. */
  finish: "stop" | "length" | null;
}

/** A request left the engine. A null moment was never reached. */
export interface FinishedEvent {
  kind: "finished";
  id: string;
  rank: number;
  atMs: number;
  reason: FinishReason;
  arrivedMs: number;
  queuedMs: number;
  scheduledMs: number | null;
  firstTokenMs: number | null;
  lastTokenMs: number | null;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  transferredTokens: number;
  maxOutputTokens: number | null;
}

/** A request was given its first place in a batch. */
export interface AdmittedEvent {
  kind: "admitted";
  id: string;
  rank: number;
  atMs: number;
  queuedMs: number;
  inputTokens: number;
  cachedTokens: number;
  transferredTokens: number;
}

export interface StepEvent {
  kind: "step";
  rank: number;
  startMs: number;
  atMs: number;
  work: StepWork;
  cost: StepCost;
  preempted: number;
  /** Sequences that drafted, tokens that they drafted, and how many drafts were accepted at each position. */
  drafts: number;
  draftTokens: number;
  acceptedAt: readonly number[];
}

export type SimulationEvent = TokensEvent | FinishedEvent | AdmittedEvent | StepEvent;
