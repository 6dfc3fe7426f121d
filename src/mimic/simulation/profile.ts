/** What a simulated engine is made of. Named profiles are in src/mimic/profiles.ts; all of it is plain data. */

export interface EngineProfile {
  name: string;
  /** One line for `--help` and for reports. */
  about: string;
  /** The model name that it serves unless told otherwise. */
  model: string;
  /** Engine copies that share no cache: data-parallel ranks. */
  ranks: number;
  scheduler: SchedulerProfile;
  kvCache: KvCacheProfile;
  step: StepProfile;
  /** What it runs on. A rank has `devices` of them that share every layer (tensor parallelism). */
  device: Device;
  devices: number;
  /** Lengths of replies whose request names no limit: log-normal with this mean and this sigma of the logarithm. */
  reply: { meanTokens: number; sigma: number };
  /** Drafts per decoding sequence and step, and the chance that each is accepted once those before it were. */
  speculation?: { draftTokens: number; acceptance: number; draftMs: number };
  host?: HostProfile;
  thermal?: ThermalProfile;
  /** Prefill on ranks of its own, whose keys and values are sent to the ranks that decode; `ranks` is their sum. */
  split?: SplitProfile;
}

export interface SchedulerProfile {
  /** Most sequences in one step (vLLM's max_num_seqs). */
  maxSequences: number;
  /** Most tokens in one step (vLLM's max_num_batched_tokens). */
  tokenBudget: number;
  /** Longest prompt plus output (vLLM's max_model_len). */
  maxModelTokens: number;
  /** False: a prompt is prefilled whole, in steps of their own, and decoding waits meanwhile. */
  chunkedPrefill: boolean;
}

export interface KvCacheProfile {
  blockTokens: number;
  blocks: number;
  prefixCaching: boolean;
}

/** The processor around the accelerator. */
export interface HostProfile {
  /** Added to every step: scheduling, sampling, launching, while the device waits. */
  stepMs: number;
  /** Prompts are tokenised one after the other at this rate before they are queued; null for no delay. */
  tokenizerTokensPerSecond: number | null;
}

/** Step time from fixed rates, for demonstrations and for tests that need round numbers. */
export interface LinearStep {
  kind: "linear";
  baseMs: number;
  perSequenceMs: number;
  prefillTokensPerSecond: number;
}

/** Step time from what a device can move and compute. */
export interface RooflineStep {
  kind: "roofline";
  model: Model;
  /** Share of the published FLOP/s and bandwidth that kernels reach. */
  computeEfficiency: number;
  bandwidthEfficiency: number;
  /** Time of one all-reduce between the devices of a rank; there are two in a layer. */
  allReduceUs: number;
  /** Kernel launches and sampling, in every step. */
  overheadMs: number;
}

export type StepProfile = LinearStep | RooflineStep;

/**
 * A heat sink with one time constant: temperature tends to `ambient` plus watts times `celsiusPerWatt`. At `limit` the
 * clock falls to `clock` of its full value, and comes back at `recover`.
 */
export interface ThermalProfile {
  ambientCelsius: number;
  celsiusPerWatt: number;
  timeConstantSeconds: number;
  limitCelsius: number;
  recoverCelsius: number;
  clock: number;
}

export interface SplitProfile {
  prefillRanks: number;
  decodeRanks: number;
  /** Of one decoding rank's link, over which transfers go one after the other. */
  linkBytesPerSecond: number;
  latencyMs: number;
  /** Keys and values of one token. */
  bytesPerToken: number;
}

export interface Device {
  name: string;
  memoryBytes: number;
  bandwidthBytesPerSecond: number;
  /** Dense, for the model's number format. */
  flopsPerSecond: number;
  maxWatts: number;
  idleWatts: number;
  smClockMhz: number;
  memoryClockMhz: number;
  /** Whether it tells the temperature of its memory; GDDR boards do not. */
  memorySensor: boolean;
}

export interface Model {
  name: string;
  parameters: number;
  layers: number;
  /** Query heads times the size of a head. */
  attentionWidth: number;
  kvHeads: number;
  headSize: number;
  bytesPerWeight: number;
  bytesPerKvValue: number;
  /** For a mixture of experts: parameters that one token uses, and experts in all and per token. */
  sparse: { activeParameters: number; experts: number; expertsPerToken: number } | null;
}
