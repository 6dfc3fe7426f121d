/** The metrics of a run: each endpoint once before the load, every second during it, and once after. */
import { monotonicMs, sleep } from "../../clock.ts";
import type { Gate } from "../../net/gate.ts";
import type { HttpClient } from "../../net/http-client.ts";
import { createScraper, findDefaultMetrics, type Scrape, type ScrapeTarget } from "../../metrics/scraper.ts";
import type { RunWriter } from "../../runs/run-writer.ts";
import type { BenchPlan } from "../../runs/schemas/bench-plan.ts";
import type { Run } from "../../runs/schemas/run.ts";
import { checkConnection } from "./connect.ts";
import type { Endpoint } from "./endpoint.ts";
import type { BenchListener, BenchOptions } from "./options.ts";
import { SCRAPE_INTERVAL_MS } from "./plan.ts";

export interface Scraping {
  /** What the plan says of it. */
  planned: BenchPlan["metrics"];
  /** The first scrape, and then one every second. */
  start(writer: RunWriter, zeroMs: number): Promise<void>;
  /** The last scrape, also of a run that was interrupted. */
  finish(): Promise<void>;
  /** What could not be had. */
  missing(): Run["missing"];
}

/** One page may take this long: more would be another second's. */
const SCRAPE_TIMEOUT_MS = 5000;

/** @throws UserError when a metrics endpoint that was named takes no connection. */
export async function planScraping(
  options: BenchOptions,
  endpoint: Pick<Endpoint, "address" | "get">,
  gate: Gate,
  client: HttpClient,
  listener: BenchListener,
): Promise<Scraping> {
  const { connectTimeoutMs } = options;
  const scrapeLimits = { connectTimeoutMs, requestTimeoutMs: SCRAPE_TIMEOUT_MS, idleTimeoutMs: SCRAPE_TIMEOUT_MS };
  const targets: ScrapeTarget[] = [];
  const planned: BenchPlan["metrics"] = [];
  for (const { role, url, authority, flag } of options.metrics) {
    const tls = url.protocol === "https:" ? { serverName: authority.host, ...options.tls } : null;
    await checkConnection(gate, authority, tls, {
      timeoutMs: connectTimeoutMs,
      guardsKey: false,
      guardsProxyKey: false,
      ...listener,
    });
    targets.push({
      source: targets.length,
      role,
      request: { authority, tls, path: `${url.pathname}${url.search}`, headers: [] },
    });
    planned.push({ role, origin: url.origin, path: url.pathname, flag });
  }
  if (options.tryOwnMetrics) {
    const { authority, tls, headers } = endpoint.get("/metrics");
    const target = { source: targets.length, role: "engine", request: { authority, tls, headers, path: "/metrics" } };
    const found = await findDefaultMetrics(
      { client, limits: { ...scrapeLimits, signal: listener.signal }, target },
      monotonicMs(),
    );
    if (found !== null) {
      targets.push(target);
      planned.push({ role: "engine", origin: endpoint.address.origin, path: "/metrics", flag: "--endpoint" });
    }
  }
  const scraper = createScraper({ client, limits: scrapeLimits, targets });
  const failures = targets.map(() => new Map<string, number>());
  const stopping = new AbortController();
  let running = Promise.resolve();
  let scrapeNow: (moment: "first" | "last" | null) => Promise<void> = async () => {};

  return {
    planned,
    async start(writer, zeroMs) {
      scrapeNow = async (moment) => {
        const scrapes: Scrape[] = await scraper.scrapeOnce(zeroMs);
        for (const { row, raw } of scrapes) {
          writer.append("timeline", row);
          if (row.error !== null) count(failures[row.source], row.error);
          if (moment !== null && raw !== null) await writer.writeScrape(row.source, moment, raw);
        }
      };
      if (targets.length === 0) return;
      await scrapeNow("first");
      running = (async () => {
        // From the plan's own moments, so that a slow page does not shift those after it.
        for (let dueMs = zeroMs + SCRAPE_INTERVAL_MS; !stopping.signal.aborted; dueMs += SCRAPE_INTERVAL_MS) {
          await sleep(dueMs - monotonicMs(), stopping.signal);
          if (!stopping.signal.aborted) await scrapeNow(null);
        }
      })();
    },
    async finish() {
      stopping.abort();
      await running;
      if (targets.length > 0) await scrapeNow("last");
    },
    missing: () =>
      failures.flatMap((reasons, source) =>
        [...reasons].map(([why, times]) => ({
          what: `${times} of the scrapes of ${planned[source]?.origin}${planned[source]?.path}`,
          why,
        })),
      ),
  };
}

function count(reasons: Map<string, number> | undefined, why: string): void {
  reasons?.set(why, (reasons.get(why) ?? 0) + 1);
}
