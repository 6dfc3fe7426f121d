/**
 * Runs one load level. Closed loop: each of N users sends its next request when its last one has ended. Open loop:
 * requests are sent when the schedule wants them, whatever the server does; what the limit on requests in flight holds
 * back is not sent later, it is recorded as not sent.
 */
import { monotonicMs, sleep } from "../clock.ts";
import type { Load, BenchPlan } from "../runs/schemas/bench-plan.ts";
import { arrivalOffsetsMs } from "./arrivals.ts";
import type { PromptSource } from "./prompt-source.ts";
import type { Sender } from "./send-request.ts";
import { createTickets, type Tickets } from "./tickets.ts";

export interface LevelRun {
  tickets: Tickets;
  /** Resolves when every request of the level has ended. */
  ended: Promise<void>;
  /** Nothing more is sent; running requests may still finish. */
  readonly isDraining: boolean;
}

/** A user of a closed loop that found no connection would otherwise try thousands of times a second. */
const PAUSE_WITHOUT_CONNECTION_MS = 100;

/** A client that cannot keep up with its schedule reads its sockets this often all the same. */
const LONGEST_TURN_MS = 1;

export function startLevel(
  level: { index: number; load: Load; plan: BenchPlan },
  deps: {
    sender: Sender;
    prompts: PromptSource;
    traceTimesMs: readonly number[];
    nextId(): number;
    signal: AbortSignal;
  },
): LevelRun {
  const { index, load, plan } = level;
  const { sender, prompts, traceTimesMs, nextId, signal } = deps;
  const startMs = monotonicMs();
  const tickets = createTickets(load, plan, startMs);
  // Ends what still runs when the drain is over; the run's own signal ends everything.
  const cutOff = new AbortController();
  const stop = () => cutOff.abort();
  signal.addEventListener("abort", stop);
  let draining = false;

  function sendNext(intendedMs: number, phase: "warmup" | "measured"): Promise<{ connected: boolean }> {
    const prompt = prompts.take();
    const wanted = { id: nextId(), level: index, phase, intendedMs, outputTokens: prompt.outputTokens };
    return sender.send(wanted, prompt.content, cutOff.signal);
  }

  async function user(): Promise<void> {
    while (!cutOff.signal.aborted) {
      const intendedMs = monotonicMs();
      const phase = tickets.next(intendedMs);
      if (phase === null) return;
      const { connected } = await sendNext(intendedMs, phase);
      if (!connected) await sleep(PAUSE_WITHOUT_CONNECTION_MS, cutOff.signal);
    }
  }

  async function closedLoop(concurrency: number): Promise<void> {
    const users = Promise.all(Array.from({ length: concurrency }, user));
    await Promise.race([users, whenTimeIsUp()]);
    await drain(users);
  }

  /** A closed loop finds out that time is up only when a user's request ends; the drain starts on time all the same. */
  async function whenTimeIsUp(): Promise<void> {
    if (plan.duration_ms === null) return new Promise(() => {});
    while (!cutOff.signal.aborted) {
      const endMs = tickets.measuredStartMs === null ? Infinity : tickets.measuredStartMs + plan.duration_ms;
      const leftMs = endMs - monotonicMs();
      if (leftMs <= 0) return;
      await sleep(Math.min(leftMs, 100), cutOff.signal);
    }
  }

  async function openLoop(open: Extract<Load, { mode: "open" }>): Promise<void> {
    const running = new Set<Promise<unknown>>();
    let pausedMs = monotonicMs();
    for (const offsetMs of arrivalOffsetsMs(open, `${plan.seed}/level-${index}`, traceTimesMs)) {
      const intendedMs = startMs + offsetMs;
      const nowMs = monotonicMs();
      const waitMs = intendedMs - nowMs;
      if (waitMs > 0 || nowMs - pausedMs > LONGEST_TURN_MS) {
        // Node's timers round to milliseconds; rounding to the nearest one keeps sends half a millisecond from their wish.
        await (waitMs > 0 ? sleep(Math.round(waitMs), cutOff.signal) : socketsRead());
        pausedMs = monotonicMs();
      }
      if (cutOff.signal.aborted) break;
      const phase = tickets.next(intendedMs);
      if (phase === null) break;
      if (plan.max_in_flight !== null && running.size >= plan.max_in_flight) {
        const { outputTokens } = prompts.take();
        sender.notSent({ id: nextId(), level: index, phase, intendedMs, outputTokens });
        continue;
      }
      const request = sendNext(intendedMs, phase).finally(() => running.delete(request));
      running.add(request);
    }
    await drain(Promise.all(running));
  }

  async function drain(running: Promise<unknown>): Promise<void> {
    draining = true;
    // A number of requests is waited for however long it takes; a duration is not.
    const limit = plan.duration_ms === null ? running : Promise.race([running, sleep(plan.drain_ms, cutOff.signal)]);
    await limit;
    cutOff.abort();
    await running;
    signal.removeEventListener("abort", stop);
  }

  if (signal.aborted) stop();
  return {
    tickets,
    ended: load.mode === "closed" ? closedLoop(load.concurrency) : openLoop(load),
    get isDraining() {
      return draining;
    },
  };
}

/** The event loop reads its sockets before it gets here. */
function socketsRead(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
