/**
 * The load generator measures itself: how long its event loop could not look at its sockets, how long reads waited for
 * their stamp, how late it sent, how much processor it used. Whether that can be seen in its figures is for analysis.
 */
import { monotonicMs, sleep } from "../clock.ts";
import { Histogram } from "../histogram.ts";
import { takeReadDelays } from "../net/read-clock.ts";
import type { ClientRow } from "../runs/schemas/client.ts";

export interface ClientWatch {
  noteWanted(): void;
  noteStarted(): void;
  noteSent(): void;
  /** How long after the moment it was wanted a request's first byte left, connecting apart. */
  noteLateness(lateMs: number): void;
  noteEnded(): void;
  readonly inFlight: number;
  /** The interval since the last call. */
  take(level: number, phase: "warmup" | "measured"): ClientRow;
  stop(): void;
}

const SAMPLE_MS = 10;
/** Node's timers count whole milliseconds: this much lateness is their rounding, not a delay. */
const TIMER_ROUNDING_MS = 1;

export function startClientWatch(zeroMs: number): ClientWatch {
  const stopping = new AbortController();
  let timerDelays = new Histogram();
  let lateness = new Histogram();
  let wanted = 0;
  let sent = 0;
  let inFlight = 0;
  let startMs = monotonicMs();
  let cpuBefore = process.cpuUsage();
  takeReadDelays();

  void (async () => {
    while (!stopping.signal.aborted) {
      const dueMs = monotonicMs() + SAMPLE_MS;
      await sleep(SAMPLE_MS, stopping.signal);
      timerDelays.record(Math.max(0, monotonicMs() - dueMs - TIMER_ROUNDING_MS) * 1000);
    }
  })();

  return {
    noteWanted() {
      wanted++;
    },
    noteStarted() {
      inFlight++;
    },
    noteSent() {
      sent++;
    },
    noteLateness(lateMs) {
      lateness.record(Math.max(0, lateMs) * 1000);
    },
    noteEnded() {
      inFlight--;
    },
    get inFlight() {
      return inFlight;
    },
    take(level, phase) {
      const endMs = monotonicMs();
      const cpu = process.cpuUsage(cpuBefore);
      const reads = takeReadDelays();
      timerDelays.merge(reads.busy);
      const row: ClientRow = {
        worker: 0,
        level,
        phase,
        start_ms: startMs - zeroMs,
        length_ms: endMs - startMs,
        loop_delay_us: timerDelays.toData(),
        read_to_stamp_us: reads.waits.toData(),
        send_lateness_us: lateness.toData(),
        cpu: (cpu.user + cpu.system) / 1000 / Math.max(1, endMs - startMs),
        in_flight: inFlight,
        wanted,
        sent,
      };
      timerDelays = new Histogram();
      lateness = new Histogram();
      wanted = 0;
      sent = 0;
      startMs = endMs;
      cpuBefore = process.cpuUsage();
      return row;
    },
    stop: () => stopping.abort(),
  };
}
