/** One running mimic: an engine, its clock, its pages and its books. */
import type { Driver } from "./driver.ts";
import type { Exposition } from "./expositions/exposition.ts";
import type { Ledger } from "./ledger.ts";
import type { EngineProfile } from "./simulation/profile.ts";
import type { Simulation } from "./simulation.ts";

export interface Mimic {
  profile: EngineProfile;
  model: string;
  seed: number | string;
  /** For requests without the header `x-mimic-fault`. */
  fault: string;
  requireKey: string | null;
  recordWrites: boolean;
  simulation: Simulation;
  driver: Driver;
  exposition: Exposition;
  ledger: Ledger;
  /** How often each request came, so that each has ids of its own. */
  occurrences: Map<string, number>;
}
