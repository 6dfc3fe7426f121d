/** The document at /mimic/state: the ground truth for tests of a client. */
import type { Mimic } from "./mimic.ts";

export function stateOf(mimic: Mimic): unknown {
  const { driver, ledger, simulation, profile } = mimic;
  driver.catchUp();
  const { lateness } = driver;
  return {
    synthetic: true,
    profile: profile.name,
    model: mimic.model,
    seed: String(mimic.seed),
    uptime_ms: driver.nowMs(),
    ...ledger,
    /** How late tokens were handed to the sockets, against the simulation's own times. */
    late_ms: {
      count: lateness.count,
      p50: lateness.count === 0 ? null : lateness.quantile(0.5),
      p99: lateness.count === 0 ? null : lateness.quantile(0.99),
      max: lateness.count === 0 ? null : lateness.max,
    },
    ranks: simulation.ranks().map((rank) => ({
      ...{ running: rank.running, waiting: rank.waiting, deferred: rank.deferred },
      ...{ kv_usage: rank.kvUsage, free_blocks: rank.freeBlocks },
      ...{ reusable_blocks: rank.reusableBlocks, evicted_blocks: rank.evictedBlocks },
    })),
  };
}
