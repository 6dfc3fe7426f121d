/**
 * Runs a simulation in real time: one timer, set for its next event. A timer that fires late changes nothing in the
 * simulation, whose own times stay the truth; the delay is recorded.
 */
import { monotonicMs } from "../clock.ts";
import { Histogram } from "../histogram.ts";
import type { SimulatedRequest, Simulation } from "./simulation.ts";
import type { SimulationEvent, TokensEvent } from "./simulation/events.ts";

export interface Driver {
  /** Submits a request now; `onTokens` is called as its tokens come. */
  submit(request: Omit<SimulatedRequest, "nowMs">, onTokens: (event: TokensEvent) => void): void;
  cancel(id: string): void;
  /** Brings the simulation to the present. */
  catchUp(): void;
  /** Milliseconds since the start. */
  nowMs(): number;
  /** How late tokens were handed on, in milliseconds. */
  readonly lateness: Histogram;
  close(): void;
}

export function createDriver(simulation: Simulation, observe: (event: SimulationEvent) => void): Driver {
  const originMs = monotonicMs();
  const lateness = new Histogram();
  const listeners = new Map<string, (event: TokensEvent) => void>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const nowMs = () => monotonicMs() - originMs;

  const catchUp = () => {
    clearTimeout(timer);
    for (const event of simulation.advance(nowMs())) {
      observe(event);
      if (event.kind === "tokens") {
        lateness.record(Math.max(0, nowMs() - event.atMs));
        listeners.get(event.id)?.(event);
      } else if (event.kind === "finished") {
        listeners.delete(event.id);
      }
    }
    const nextMs = simulation.nextEventMs();
    // Rounded up: a timer that fires a fraction too early would find nothing to do and be set again.
    if (nextMs !== null && !closed) timer = setTimeout(catchUp, Math.max(0, Math.ceil(nextMs - nowMs())));
  };

  return {
    submit(request, onTokens) {
      simulation.submit({ ...request, nowMs: nowMs() });
      listeners.set(request.id, onTokens);
      catchUp();
    },
    cancel(id) {
      listeners.delete(id);
      simulation.cancel(id, nowMs());
      catchUp();
    },
    catchUp,
    nowMs,
    lateness,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
