/** A metrics page that is kept up to date by a simulation's events. */
import type { RankState } from "../simulation/fleet.ts";
import type { SimulationEvent } from "../simulation/events.ts";

export interface Exposition {
  observe(event: SimulationEvent): void;
  /** The page, in Prometheus's text format 0.0.4. `ranks` gives the gauges. */
  render(ranks: readonly RankState[]): string;
}

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";
