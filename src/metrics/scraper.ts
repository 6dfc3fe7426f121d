/**
 * Asks the metrics endpoints of a run what they say. Whatever an endpoint does (hang, redirect, answer with a login page,
 * send a gigabyte) becomes a row with an error: scraping never fails a run.
 */
import { monotonicMs } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Exchange, ExchangeLimits, HttpClient, HttpRequest, NetFailureKind } from "../net/http-client.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import { judgePage } from "./metrics-page.ts";

export interface ScrapeTarget {
  /** Index in the plan's `metrics`. */
  source: number;
  role: string;
  request: Pick<HttpRequest, "authority" | "tls" | "path" | "headers">;
}

export interface Scrape {
  row: TimelineRow;
  /** The page as it came; null when there was none to read. */
  raw: Uint8Array | null;
  /** Names on the page that no catalogue knows. */
  unknown: string[];
  /** What went wrong with single lines, for a person. It may quote the page: not for a file. */
  problems: string[];
}

export interface ScraperOptions {
  client: HttpClient;
  targets: readonly ScrapeTarget[];
  limits: ExchangeLimits;
  /** No more than this is read of a page. */
  maxBytes?: number;
  /** A page that is longer is read as far as it came, or refused. */
  longer?: "cut" | "refuse";
  /** The clock of the rows, and of the client's exchanges. */
  nowMs?: () => number;
}

export interface Scraper {
  /** Every target once, at the same time, in the order of `targets`. `runStartMs` is millisecond 0 of the rows. */
  scrapeOnce(runStartMs: number): Promise<Scrape[]>;
}

export const DEFAULT_MAX_PAGE_BYTES = 32 * 1024 * 1024;

export function createScraper({ targets, ...options }: ScraperOptions): Scraper {
  return {
    scrapeOnce: (runStartMs) => Promise.all(targets.map((target) => scrape(target, options, runStartMs))),
  };
}

/**
 * Whether the endpoint's own host has metrics at the usual path. Nobody asked for them, so that they are not there is no
 * error: the answer is null, whatever the reason.
 */
export async function findDefaultMetrics(
  options: Omit<ScraperOptions, "targets"> & { target: ScrapeTarget },
  runStartMs: number,
): Promise<Scrape | null> {
  const { target } = options;
  const found = await scrape({ ...target, request: { ...target.request, path: "/metrics" } }, options, runStartMs);
  return found.row.engine === null ? null : found;
}

async function scrape(
  target: ScrapeTarget,
  options: Omit<ScraperOptions, "targets">,
  runStartMs: number,
): Promise<Scrape> {
  const { client, limits, maxBytes = DEFAULT_MAX_PAGE_BYTES, longer = "cut", nowMs = monotonicMs } = options;
  const startMs = nowMs();
  const row: TimelineRow = {
    start_ms: startMs - runStartMs,
    t_ms: startMs - runStartMs,
    source: target.source,
    engine: null,
    gauges: {},
    counters: {},
    histograms: {},
    error: null,
  };
  const failed = (error: string): Scrape => ({ row: { ...row, error }, raw: null, unknown: [], problems: [] });
  try {
    const { exchange, body, cut } = await fetchPage(client, target.request, limits, maxBytes);
    row.t_ms = exchange.endMs - runStartMs;
    if (exchange.failure !== null && !cut) return failed(failureWords[exchange.failure.kind]);
    if (exchange.head === null) return failed("no answer");
    if (cut && longer === "refuse") return failed(`the page is longer than ${maxBytes} bytes`);
    const { page, why, problems } = judgePage({ ...exchange.head, body, cut });
    if (page === null) return { ...failed(why), problems };
    const { unknown, ...values } = page;
    return { row: { ...row, ...values, error: why }, raw: body, unknown, problems };
  } catch (error) {
    return { ...failed("InferGuard failed to read it"), problems: [messageOf(error)] };
  }
}

/**
 * A plain Accept: asked for both formats, some servers answer in OpenMetrics, whose creation times and exemplars nobody
 * here needs. It is still read where a server has nothing else.
 */
const ACCEPT = "text/plain;version=0.0.4,*/*;q=0.1";

interface FetchedPage {
  exchange: Exchange;
  body: Uint8Array;
  /** Stopped at `maxBytes`. */
  cut: boolean;
}

async function fetchPage(
  client: HttpClient,
  request: ScrapeTarget["request"],
  limits: ExchangeLimits,
  maxBytes: number,
): Promise<FetchedPage> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let cut = false;
  const exchange = await client.exchange(
    { ...request, method: "GET", headers: [...request.headers, ["Accept", ACCEPT]], body: null },
    limits,
    {
      onBody(bytes, from, to) {
        const piece = Buffer.from(bytes.subarray(from, Math.min(to, from + maxBytes - length)));
        pieces.push(piece);
        length += piece.length;
        cut = piece.length < to - from;
        return cut ? "enough" : undefined;
      },
    },
  );
  return { exchange, body: Buffer.concat(pieces, length), cut };
}

const failureWords: Record<NetFailureKind, string> = {
  refused: "the connection was refused",
  dns: "the name does not resolve",
  connect_timeout: "no connection in time",
  tls: "TLS could not be agreed",
  reset: "the connection was reset",
  request_timeout: "no whole answer in time",
  idle_timeout: "the server fell silent",
  malformed_response: "the answer is not HTTP/1.1 that this program accepts",
  truncated_response: "the answer broke off",
  cancelled: "cancelled",
  posture_denied: "refused by the posture",
  client_limit: "this machine could not open the connection",
};
