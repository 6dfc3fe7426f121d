/** How a load level is going, as of now: what the runner says while it runs, for whoever shows it. */
export interface Progress {
  /** The level's place, from 1, and how many there are. */
  level: number;
  levels: number;
  /** The load as a person says it: `concurrency 16`. */
  label: string;
  phase: "connecting" | "warmup" | "measured" | "drain" | "done";
  /** Requests of this phase that ended, in whatever way, and how many there will be. Null when only time ends the phase. */
  done: number;
  total: number | null;
  in_flight: number;
  /** Requests of this level that failed so far. */
  errors: number;
  /** Since this phase began, and how long it will last. Null when only a number of requests ends it. */
  elapsed_ms: number;
  duration_ms: number | null;
  /** This level so far, of answered requests and those in flight. Null while there is nothing to tell. */
  requests_per_s: number | null;
  ttft_p50_ms: number | null;
  token_events_per_s: number | null;
  /** Null until a reply has ended, and where the server does not count its tokens. */
  output_tokens_per_s: number | null;
}
