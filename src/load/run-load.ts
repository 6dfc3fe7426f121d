/**
 * Runs a plan's load levels one after the other and hands everything that is measured to a sink while it runs. It knows
 * neither the disk nor the terminal.
 */
import { monotonicMs, sleep } from "../clock.ts";
import type { ClientRow } from "../runs/schemas/client.ts";
import type { GapsRow } from "../runs/schemas/gaps.ts";
import { describeLoad, type Load, type BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { startClientWatch } from "./client-watch.ts";
import { createGapRecorder } from "./gap-recorder.ts";
import { createHopelessness } from "./hopelessness.ts";
import { type LevelTally, startLevelTally } from "./level-tally.ts";
import type { Progress } from "./progress.ts";
import type { PromptSource } from "./prompt-source.ts";
import { startLevel } from "./run-level.ts";
import { createSender, type LoadSink, type Send } from "./send-request.ts";
import { warmupRequestsOf } from "./tickets.ts";

export interface RunSink extends LoadSink {
  gaps(row: GapsRow): void;
  client(row: ClientRow): void;
  progress(progress: Progress): void;
}

/** What came of it. `hopeless`: the requests all failed in a way that more of them cannot mend. */
export type LoadEnd =
  | { status: "completed" | "interrupted" }
  | { status: "hopeless"; rows: number; example: { row: RequestRow; message: string | null; refusal: string | null } };

const RECORD_EVERY_MS = 1000;
const PROGRESS_EVERY_MS = 200;

/** `zeroMs` is the run's start on the monotonic clock. Aborting `signal` ends everything soon, as `interrupted`. */
export async function runLoad(
  plan: BenchPlan,
  deps: {
    send: Send;
    prompts: PromptSource;
    /** Of a trace: when its requests come, from its beginning. */
    traceTimesMs?: readonly number[] | null;
    sink: RunSink;
    zeroMs: number;
    signal: AbortSignal;
  },
): Promise<LoadEnd> {
  const { sink, zeroMs } = deps;
  const watch = startClientWatch(zeroMs);
  const gaps = createGapRecorder(zeroMs);
  const giveUp = new AbortController();
  const signal = AbortSignal.any([deps.signal, giveUp.signal]);
  const hopelessness = createHopelessness();
  let nextId = 0;

  for (const [index, load] of plan.levels.entries()) {
    if (signal.aborted) break;
    const tally = startLevelTally(monotonicMs());
    const sender = createSender({
      send: deps.send,
      sink: {
        ...sink,
        request(row) {
          tally.noteEnded(row);
          sink.request(row);
        },
      },
      gaps,
      watch,
      zeroMs,
      onToken: () => tally.noteTokenEvent(),
      onFirstToken: (ttftMs) => tally.noteFirstToken(ttftMs),
      onEnded(row, outcome) {
        if (hopelessness.note(row, outcome)) giveUp.abort();
      },
    });
    const level = startLevel(
      { index, load, plan },
      {
        sender,
        prompts: deps.prompts,
        traceTimesMs: deps.traceTimesMs ?? [],
        nextId: () => nextId++,
        signal,
      },
    );
    const phase = () => (level.tickets.measuredStartMs === null ? "warmup" : "measured");

    const record = () => {
      for (const row of gaps.take()) sink.gaps(row);
      sink.client(watch.take(index, phase()));
    };
    const show = () => sink.progress(progressOf(plan, index, load, level, tally, watch.inFlight));
    const ended = new AbortController();
    const reporting = Promise.all([
      every(RECORD_EVERY_MS, ended.signal, record),
      every(PROGRESS_EVERY_MS, ended.signal, show),
    ]);
    await level.ended;
    ended.abort();
    await reporting;
    record();
    show();
  }
  watch.stop();
  const { verdict } = hopelessness;
  const interrupted = deps.signal.aborted;
  if (verdict !== null && (giveUp.signal.aborted || !interrupted)) return { status: "hopeless", ...verdict };
  return { status: interrupted ? "interrupted" : "completed" };
}

async function every(ms: number, signal: AbortSignal, act: () => void): Promise<void> {
  for (;;) {
    await sleep(ms, signal);
    if (signal.aborted) return;
    act();
  }
}

function progressOf(
  plan: BenchPlan,
  index: number,
  load: Load,
  level: ReturnType<typeof startLevel>,
  tally: LevelTally,
  inFlight: number,
): Progress {
  const { measuredStartMs } = level.tickets;
  const now = monotonicMs();
  const warming = measuredStartMs === null;
  const warmupTotal = warmupRequestsOf(load, plan.warmup);
  const warmupMs = plan.warmup.by === "time" ? plan.warmup.duration_ms : null;
  return {
    level: index + 1,
    levels: plan.levels.length,
    label: describeLoad(load),
    phase: warming ? "warmup" : level.isDraining ? "drain" : "measured",
    done: warming ? tally.done.warmup : tally.done.measured,
    total: warming ? warmupTotal : plan.requests,
    in_flight: inFlight,
    elapsed_ms: now - (measuredStartMs ?? tally.startMs),
    duration_ms: warming ? warmupMs : plan.duration_ms,
    ...tally.figures(now),
  };
}
