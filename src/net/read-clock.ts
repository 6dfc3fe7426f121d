/**
 * Stamps reads, and measures how late each stamp can be. One turn of the event loop hands over every socket that was
 * ready, one after the other. A read waits for the stamping of those before it in its turn; and bytes that arrive while
 * the loop is busy wait until it looks at its sockets again.
 */
import { monotonicMs } from "../clock.ts";
import { Histogram } from "../histogram.ts";

/** Both in microseconds. */
export interface ReadDelays {
  /** From the first read of a turn to each read of it. */
  waits: Histogram;
  /** How long the loop could not look at its sockets: handing over the reads of a turn, or working on reads. */
  busy: Histogram;
}

let turnStartMs = NaN;
let delays: ReadDelays = { waits: new Histogram(), busy: new Histogram() };

/** The moment of a read, monotonic milliseconds. Call it before anything else is done with the bytes. */
export function stampRead(): number {
  const now = monotonicMs();
  if (Number.isNaN(turnStartMs)) {
    turnStartMs = now;
    // Immediates run right after the reads of a turn.
    setImmediate(endTurn);
  }
  delays.waits.record((now - turnStartMs) * 1000);
  return now;
}

/** The loop was kept from its sockets for so long. */
export function noteBusy(ms: number): void {
  delays.busy.record(ms * 1000);
}

/** The delays since the last call. */
export function takeReadDelays(): ReadDelays {
  const taken = delays;
  delays = { waits: new Histogram(), busy: new Histogram() };
  return taken;
}

function endTurn(): void {
  noteBusy(monotonicMs() - turnStartMs);
  turnStartMs = NaN;
}
