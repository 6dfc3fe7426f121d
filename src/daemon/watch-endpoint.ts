/** Asks one metrics endpoint again and again, at its own moments: a page that is slow delays nothing but itself. */
import { intervalOfScrape } from "../metrics/interval.ts";
import { createScraper, type ScraperOptions, type ScrapeTarget } from "../metrics/scraper.ts";
import type { IntervalSummary } from "../runs/schemas/history.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import type { HistoryClock, WatchClock } from "./watch-clock.ts";

export interface EndpointState {
  engine: string | null;
  /** On the history's clock. */
  lastGoodMs: number | null;
  /** The last good page; null when the last scrape failed. */
  page: TimelineRow | null;
  /** How long the last scrape took. */
  durationMs: number;
  scrapes: number;
  failures: number;
  consecutiveFailures: number;
  lastError: string | null;
  skipped: number;
  restarts: number;
}

export interface EndpointWatch {
  readonly state: EndpointState;
  /** Until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface EndpointOptions extends Omit<ScraperOptions, "targets" | "nowMs"> {
  target: ScrapeTarget;
  intervalMs: number;
  clock: WatchClock;
  historyClock: HistoryClock;
  onInterval(this: void, interval: IntervalSummary): void;
  /** It began to fail, answers again or is another engine: one sentence, at most one a minute. */
  onChange(this: void, what: string): void;
}

const quietMs = 60_000;

export function createEndpointWatch(options: EndpointOptions): EndpointWatch {
  const { target, intervalMs, clock, historyClock, onInterval, onChange, ...scraping } = options;
  const state: EndpointState = {
    ...{ engine: null, lastGoodMs: null, page: null, durationMs: 0, scrapes: 0, failures: 0 },
    ...{ consecutiveFailures: 0, lastError: null, skipped: 0, restarts: 0 },
  };
  /** The last good one: what was added while an endpoint did not answer is known as soon as it does again. */
  let before: TimelineRow | null = null;

  let saidMs = -Infinity;
  let saidFailure = false;

  const take = (row: TimelineRow) => {
    const interval = intervalOfScrape(before, row, historyClock.at(row.t_ms), intervalMs);
    const change = changeOf(row, state);
    const isOtherEngine = state.engine !== null && row.engine !== state.engine;
    state.scrapes++;
    state.durationMs = row.t_ms - row.start_ms;
    state.lastError = row.error;
    if (row.error === null) {
      state.engine = row.engine;
      state.lastGoodMs = interval.endMs;
      state.consecutiveFailures = 0;
      state.restarts += interval.resets;
      before = row;
    } else {
      state.failures++;
      state.consecutiveFailures++;
    }
    state.page = row.error === null ? row : null;
    onInterval(interval);
    if (change === null) return;
    // One that comes and goes must not fill a log; what was said to fail is said to be well again.
    const isSaid = row.error === null ? saidFailure || isOtherEngine : row.t_ms >= saidMs + quietMs;
    if (!isSaid) return;
    saidFailure = row.error !== null;
    if (saidFailure) saidMs = row.t_ms;
    onChange(change);
  };

  return {
    state,
    async run(signal) {
      const scraper = createScraper({
        ...scraping,
        limits: { ...scraping.limits, signal },
        targets: [target],
        longer: "refuse",
        nowMs: clock.monotonicMs,
      });
      // From the plan's own moments, so that what a page takes does not shift those after it.
      for (let dueMs = clock.monotonicMs(); !signal.aborted; dueMs += intervalMs) {
        const late = Math.floor((clock.monotonicMs() - dueMs) / intervalMs);
        if (late > 0) {
          state.skipped += late;
          dueMs += late * intervalMs;
        }
        await clock.sleep(dueMs - clock.monotonicMs(), signal);
        if (signal.aborted) return;
        const [scrape] = await scraper.scrapeOnce(0);
        // What the end of watching broke off is no failure of the endpoint.
        if (scrape !== undefined && !(signal.aborted && scrape.row.error !== null)) take(scrape.row);
      }
    },
  };
}

function changeOf({ error, engine }: TimelineRow, state: EndpointState): string | null {
  if (error !== null) return state.lastError === null ? error : null;
  if (state.engine !== null && engine !== state.engine)
    return `the page is now one of ${engine}, and was one of ${state.engine}`;
  return state.lastError === null ? null : "it answers again";
}
