/** Decides, wanted moment by wanted moment, whether a level goes on and whether its warm-up is over. Pure. */
import type { Load, BenchPlan } from "../runs/schemas/bench-plan.ts";

export interface Tickets {
  /** The phase of a request wanted at this moment, or null when the level wants no more. */
  next(intendedMs: number): "warmup" | "measured" | null;
  /** When the measured phase began; null while it has not. */
  readonly measuredStartMs: number | null;
  readonly issued: number;
}

export function createTickets(
  load: Load,
  plan: Pick<BenchPlan, "requests" | "duration_ms" | "warmup">,
  startMs: number,
): Tickets {
  const warmupRequests = warmupRequestsOf(load, plan.warmup);
  let warmups = 0;
  let measured = 0;
  let measuredStartMs: number | null = null;

  const stillWarming = (intendedMs: number) =>
    plan.warmup.by === "time"
      ? measuredStartMs === null && intendedMs < startMs + plan.warmup.duration_ms
      : warmups < (warmupRequests ?? 0);

  return {
    next(intendedMs) {
      if (stillWarming(intendedMs)) {
        warmups++;
        return "warmup";
      }
      measuredStartMs ??= intendedMs;
      if (plan.requests !== null && measured >= plan.requests) return null;
      if (plan.duration_ms !== null && intendedMs >= measuredStartMs + plan.duration_ms) return null;
      measured++;
      return "measured";
    },
    get measuredStartMs() {
      return measuredStartMs;
    },
    get issued() {
      return measured;
    },
  };
}

/** How many requests of a level are its warm-up; null when time ends it. */
export function warmupRequestsOf(load: Load, warmup: BenchPlan["warmup"]): number | null {
  if (warmup.by === "time") return null;
  if (warmup.by === "requests") return warmup.requests;
  return Math.min(32, load.mode === "closed" ? load.concurrency : Math.ceil(load.rate));
}
