/**
 * What a daemon does: scrapes each metrics endpoint at its own moments, follows the runs beside its own, and keeps what
 * they said in a recent window and in a history on disk. Nothing that an endpoint, a run or the disk does ends it.
 */
import type { Authority } from "../net/authority.ts";
import type { ExchangeLimits, HttpClient, TlsSettings } from "../net/http-client.ts";
import { openHistoryWriter } from "../runs/history-writer.ts";
import type { ShowDocument, WatchState } from "../runs/schemas/daemon.ts";
import { expositionText } from "./exposition.ts";
import { findBeginning } from "./find-beginning.ts";
import { createRecentWindow } from "./recent-window.ts";
import { chooseLevels, createRecorder } from "./recorder.ts";
import { showHistory } from "./show-history.ts";
import { createRunsTail } from "./tail-runs.ts";
import { createTotals } from "./totals.ts";
import { createHistoryClock, systemClock, type WatchClock } from "./watch-clock.ts";
import { createEndpointWatch, type EndpointWatch } from "./watch-endpoint.ts";

export interface WatchTarget {
  role: string;
  url: URL;
  authority: Authority;
  flag: "--metrics-url" | "--gpu-metrics-url";
}

export interface WatcherOptions {
  targets: readonly WatchTarget[];
  intervalMs: number;
  /** Where runs lie that grow; and where this daemon's own history goes. */
  runsDir: string;
  historyDirectory: string;
  retainMs: number;
  maxDiskBytes: number;
  client: HttpClient;
  limits: ExchangeLimits;
  /** Of the targets with https. */
  tls?: Pick<TlsSettings, "ca" | "insecure">;
  warn(this: void, text: string): void;
  clock?: WatchClock;
}

export interface Watcher {
  start(): Promise<void>;
  /** What `daemon status` and the HTTP API show; plain data. */
  state(): WatchState;
  /** The text of /metrics (Prometheus text format 0.0.4). */
  exposition(): string;
  /** Answers `daemon show`: from memory for the recent window, from disk beyond it. */
  show(sinceMs: number): Promise<ShowDocument>;
  /** Writes what is buffered and stops. */
  stop(): Promise<void>;
}

/** About ten minutes of two engines and two exporters at one scrape a second. */
const windowBytes = 4 * 1024 * 1024;
/** A page of an engine is some tens of KB; one of eight ranks some hundreds. */
const maxPageBytes = 4 * 1024 * 1024;

export function createWatcher(options: WatcherOptions): Watcher {
  const { targets, intervalMs, clock = systemClock } = options;
  const window = createRecentWindow(windowBytes);
  let running: Running | null = null;
  const started = (): Running => {
    if (running === null) throw new TypeError("the watcher has not been started");
    return running;
  };
  const places = targets.map(({ role, url }) => ({ role, origin: url.origin, path: url.pathname }));

  return {
    async start() {
      running = await start(options, clock, window);
    },
    state() {
      const { endpoints, historyClock, writer, tail } = started();
      const time = (atMs: number | null | undefined) =>
        atMs === null || atMs === undefined ? null : historyClock.wallTime(atMs).toISOString();
      const disk = writer.state();
      const span = window.span();
      const { steps, offsetMs } = historyClock.state();
      return {
        endpoints: endpoints.map(({ state }, i) => ({
          ...(places[i] as (typeof places)[number]),
          engine: state.engine,
          last_good_scrape: time(state.lastGoodMs),
          scrapes: state.scrapes,
          failures: state.failures,
          consecutive_failures: state.consecutiveFailures,
          last_error: state.lastError,
          skipped: state.skipped,
          restarts: state.restarts,
        })),
        window: { from: time(span?.fromMs), to: time(span?.toMs), bytes: windowBytes },
        history: {
          directory: options.historyDirectory,
          bytes: disk.bytes,
          max_bytes: options.maxDiskBytes,
          oldest: time(disk.oldestMs),
          stopped: disk.stopped,
          lost_rows: disk.lostRows,
        },
        runs: tail.state(),
        clock: { steps, offset_ms: Math.round(offsetMs) },
      };
    },
    exposition() {
      const { endpoints, historyClock, writer, tail, totals, startedMs } = started();
      return expositionText({
        startedMs: historyClock.wallTime(startedMs).getTime(),
        endpoints: endpoints.map(({ state, totals: its }, i) => ({
          ...(places[i] as (typeof places)[number]),
          ...{ state, totals: its },
          lastGoodMs: state.lastGoodMs === null ? null : historyClock.wallTime(state.lastGoodMs).getTime(),
        })),
        runs: { ...tail.state(), totals },
        disk: { ...writer.state(), maxBytes: options.maxDiskBytes },
        clock: historyClock.state(),
      });
    },
    async show(sinceMs) {
      const { historyClock, writer } = started();
      await writer.flush();
      return showHistory({
        directory: options.historyDirectory,
        places,
        sinceMs,
        nowMs: historyClock.nowMs(),
        wallTime: historyClock.wallTime,
        intervalMs,
        recent: window,
      });
    },
    async stop() {
      await running?.stop();
    },
  };
}

interface Running {
  startedMs: number;
  endpoints: readonly (EndpointWatch & { totals: ReturnType<typeof createTotals> })[];
  historyClock: ReturnType<typeof createHistoryClock>;
  writer: Awaited<ReturnType<typeof openHistoryWriter>>;
  tail: ReturnType<typeof createRunsTail>;
  /** Of the runs, since the start. */
  totals: ReturnType<typeof createTotals>;
  stop(): Promise<void>;
}

async function start(
  { targets, intervalMs, warn, client, tls = { ca: null, insecure: false }, ...options }: WatcherOptions,
  clock: WatchClock,
  window: ReturnType<typeof createRecentWindow>,
): Promise<Running> {
  const levels = chooseLevels(intervalMs, options.retainMs);
  const beginning = await findBeginning(options.historyDirectory);
  const historyClock = createHistoryClock(clock, beginning.endMs);
  const tail = createRunsTail(options.runsDir, beginning.tail, intervalMs);
  const writer = await openHistoryWriter({
    directory: options.historyDirectory,
    levels,
    maxBytes: options.maxDiskBytes,
    segmentStart: () => ({ t_ms: historyClock.nowMs(), wall_ms: clock.wallMs(), offsets: tail.offsets() }),
    onTrouble: (why) =>
      warn(
        why === null
          ? `${options.historyDirectory} is written again`
          : `no history is written to ${options.historyDirectory}: ${why}. Watching goes on.`,
      ),
  });
  const recorder = createRecorder(writer, window, levels);
  for await (const interval of beginning.unfinished()) recorder.restore(interval, beginning.after);
  const runTotals = createTotals();

  const endpoints = targets.map(({ role, url, authority }, source) => {
    const totals = createTotals();
    const place = `${url.origin}${url.pathname}`;
    const watch = createEndpointWatch({
      client,
      limits: options.limits,
      maxBytes: maxPageBytes,
      target: {
        source,
        role,
        request: {
          authority,
          tls: url.protocol === "https:" ? { serverName: authority.host, ...tls } : null,
          path: `${url.pathname}${url.search}`,
          headers: [],
        },
      },
      ...{ intervalMs, clock, historyClock },
      onInterval(interval) {
        totals.add(interval);
        recorder.record(interval);
      },
      onChange: (change) => warn(`${place}: ${change}`),
    });
    return { ...watch, totals };
  });

  const stopping = new AbortController();
  const pace = async (work: () => Promise<void>) => {
    for (let dueMs = clock.monotonicMs() + intervalMs; !stopping.signal.aborted;) {
      await clock.sleep(dueMs - clock.monotonicMs(), stopping.signal);
      await work();
      dueMs = Math.max(dueMs + intervalMs, clock.monotonicMs());
    }
  };
  const lookAtRuns = async () => {
    const look = await tail.poll(historyClock.nowMs(), clock.wallMs());
    if (look === null) return;
    runTotals.add(look.interval);
    recorder.record(look.interval, look.offsets);
  };
  const keep = async () => {
    const step = historyClock.step();
    if (step !== null) {
      const { stepMs, wallMs } = step;
      recorder.recordStep({ kind: "clock", t_ms: historyClock.nowMs(), wall_ms: wallMs, step_ms: stepMs });
      warn(`the wall clock was set by ${Math.round(stepMs / 100) / 10} s, or the machine slept; times stay in order`);
    }
    recorder.settle(historyClock.nowMs());
    await writer.flush();
  };
  // At once, so that a run which begins within the first interval is counted from its first row.
  await lookAtRuns();
  const loops = Promise.all([...endpoints.map((watch) => watch.run(stopping.signal)), pace(lookAtRuns), pace(keep)]);
  // A loop that throws is a bug: it ends the process, as any other.
  return {
    ...{ startedMs: historyClock.nowMs(), endpoints, historyClock, writer, tail, totals: runTotals },
    async stop() {
      stopping.abort();
      await loops;
      await lookAtRuns();
      await writer.close();
    },
  };
}
