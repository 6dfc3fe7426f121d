import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../clock.ts";
import { parseExposition } from "../metrics/exposition.ts";
import { ask, chatBody, startQuick } from "../mimic/mimic.fixture.ts";
import { createRun } from "../runs/run-writer.ts";
import { sampleRequest, sampleStart } from "../runs/sample-run.fixture.ts";
import type { ShowDocument, ShownSeries } from "../runs/schemas/daemon.ts";
import { makePlace, targetAt, watch, type TestWatcher, type WatchedPlace } from "./watcher.fixture.ts";

let place: WatchedPlace;
const stops: (() => unknown)[] = [];
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  place.remove();
});

async function watching(...[targets, changes]: [Parameters<typeof watch>[1], Parameters<typeof watch>[2]?]) {
  const watcher = watch(place, targets, changes);
  stops.push(() => watcher.close());
  await watcher.start();
  return watcher;
}

async function serve(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const page = (tokens: number, more = "") =>
  `# TYPE vllm:generation_tokens_total counter\nvllm:generation_tokens_total{model_name="m"} ${tokens}\n` +
  `# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name="m"} 3\n` +
  `# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting{model_name="m"} 1\n${more}`;

const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(5);
};
const scrapes = (watcher: TestWatcher, endpoint = 0) => watcher.state().endpoints[endpoint]?.scrapes ?? 0;
const scrapedAgain = (watcher: TestWatcher, endpoint = 0, times = 2) => {
  const before = scrapes(watcher, endpoint);
  return until(() => scrapes(watcher, endpoint) >= before + times);
};
const seriesOf = ({ endpoints }: ShowDocument, name: string, endpoint = 0): ShownSeries | undefined =>
  endpoints[endpoint]?.series.find((series) => series.name === name);
const increaseOf = (document: ShowDocument, name: string) => {
  const series = seriesOf(document, name);
  return series?.kind === "rate" ? series.increase : null;
};

describe("a watched endpoint", () => {
  it("gives what an engine did, counted from what was added", async () => {
    const mimic = await startQuick();
    stops.push(() => mimic.close());
    await ask(mimic.port, "/v1/chat/completions", chatBody());
    const watcher = await watching([targetAt(mimic.port), targetAt(mimic.port, "/dcgm/metrics", "gpu")]);
    await scrapedAgain(watcher);
    for (let i = 0; i < 5; i++) await ask(mimic.port, "/v1/chat/completions", chatBody());
    await scrapedAgain(watcher);
    const document = await watcher.show(60_000);
    expect(increaseOf(document, "generation_tokens")).toBe(30);
    expect(increaseOf(document, "requests_finished")).toBe(5);
    expect(seriesOf(document, "ttft_ms")).toMatchObject({ samples: 5 });
    expect(seriesOf(document, "gpu_power_w", 1)).toMatchObject({ kind: "gauge", unit: "W" });
    expect(document.endpoints.map(({ engine }) => engine)).toEqual(["vllm", "dcgm"]);
    expect(watcher.warnings).toEqual([]);
  });

  it("hangs without delaying another", async () => {
    const silent = await serve(() => {});
    const quick = await serve((_request, response) => response.end(page(1)));
    const limits = { connectTimeoutMs: 10_000, requestTimeoutMs: 300, idleTimeoutMs: 10_000 };
    const watcher = await watching([targetAt(silent), targetAt(quick)], { limits });
    await until(() => scrapes(watcher, 0) >= 1);
    // Its time limit is that of fifteen scrapes.
    expect(scrapes(watcher, 1)).toBeGreaterThan(4);
    expect(watcher.state().endpoints).toMatchObject([
      { last_good_scrape: null, last_error: "no whole answer in time", failures: 1, consecutive_failures: 1 },
      { last_error: null, failures: 0 },
    ]);
    await scrapedAgain(watcher, 0, 1);
    expect(watcher.state().endpoints[0]?.skipped).toBeGreaterThan(5);
  });

  it("redirects, and is not followed", async () => {
    let reached = 0;
    const elsewhere = await serve((_request, response) => response.end(page(++reached)));
    const port = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${elsewhere}/metrics` }).end(),
    );
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    expect(watcher.state().endpoints[0]?.last_error).toBe("the server redirects (HTTP 302)");
    expect(reached).toBe(0);
  });

  it("answers with HTML, and it is named", async () => {
    const port = await serve((_request, response) => response.end("<!doctype html><title>Log in</title>"));
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    expect(watcher.state().endpoints[0]?.last_error).toBe("the page is HTML, not metrics text");
    expect(watcher.warnings).toEqual([`http://127.0.0.1:${port}/metrics: the page is HTML, not metrics text`]);
  });

  it("sends 100 MB, of which a few are read", async () => {
    let sent = 0;
    const block = Buffer.from(`${page(1)}# ${"x".repeat(65_536)}\n`);
    const port = await serve((_request, response) => {
      const more = () => {
        while (sent < 100e6 && !response.destroyed) {
          sent += block.length;
          if (!response.write(block)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const watcher = await watching([targetAt(port)], {
      intervalMs: 60_000,
      limits: { connectTimeoutMs: 5000, requestTimeoutMs: 10_000, idleTimeoutMs: 5000 },
    });
    await until(() => scrapes(watcher) >= 1);
    expect(watcher.state().endpoints[0]?.last_error).toBe("the page is longer than 4194304 bytes");
    expect(sent).toBeLessThan(50e6);
  });

  it("restarts: what fell is counted from zero, and said", async () => {
    let tokens = 1000;
    const port = await serve((_request, response) => response.end(page(tokens)));
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    tokens = 1100;
    await scrapedAgain(watcher);
    tokens = 7;
    await scrapedAgain(watcher);
    tokens = 10;
    await scrapedAgain(watcher);
    const document = await watcher.show(60_000);
    expect(increaseOf(document, "generation_tokens")).toBe(110);
    expect(document.endpoints[0]?.restarts).toBe(1);
    expect(watcher.exposition()).toContain('inferguard_generation_tokens_total{endpoint="0",role="engine"} 110\n');
  });

  it("becomes another engine: nothing is counted from one to the other", async () => {
    let body = page(1000);
    const port = await serve((_request, response) => response.end(body));
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    body = body.replaceAll("vllm:", "sglang:").replace("1000", "900000").replaceAll("num_requests", "num_running_reqs");
    await until(() => watcher.state().endpoints[0]?.engine === "sglang");
    await scrapedAgain(watcher);
    const document = await watcher.show(60_000);
    expect(increaseOf(document, "generation_tokens")).toBe(0);
    expect(watcher.warnings.join()).toContain("the page is now one of sglang, and was one of vllm");
  });

  it("comes back, and what was added meanwhile is counted over the time that it took", async () => {
    let tokens: number | null = 100;
    const port = await serve((_request, response) =>
      tokens === null ? response.writeHead(503).end() : response.end(page(tokens)),
    );
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    tokens = null;
    await scrapedAgain(watcher, 0, 3);
    expect(watcher.exposition()).toContain('inferguard_endpoint_up{endpoint="0",role="engine"} 0\n');
    // A gauge of a scrape that failed is nobody's.
    expect(watcher.exposition()).not.toContain("inferguard_requests_running{");
    tokens = 160;
    await scrapedAgain(watcher);
    const document = await watcher.show(60_000);
    expect(increaseOf(document, "generation_tokens")).toBe(60);
    expect(document.endpoints[0]).toMatchObject({ last_error: "HTTP 503" });
    expect(watcher.warnings).toEqual([
      expect.stringContaining("HTTP 503"),
      expect.stringContaining("it answers again"),
    ]);
  });

  it("says hostile things, which stay its own", async () => {
    const hostile = 'm\\"} 1\\ninferguard_evil 1 \u001b[31m\u202e';
    const more = `# TYPE vllm:evil\u001b counter\nvllm:kv_cache_usage_perc{model_name="${hostile}"} 0.5\n`;
    const port = await serve((_request, response) => response.end(page(5, more)));
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    const text = watcher.exposition();
    expect(text).toContain('inferguard_kv_cache_usage_ratio{endpoint="0",role="engine"} 0.5\n');
    expect(text).not.toMatch(/evil|\u001b|\u202e|model/);
    const labels = parseExposition(text, { format: "prometheus" }).families.flatMap(({ samples }) =>
      samples.flatMap((sample) => [...sample.labels.keys()]),
    );
    expect([...new Set(labels)].sort()).toEqual(["endpoint", "engine", "origin", "role", "version"]);
    expect(JSON.stringify([await watcher.show(60_000), watcher.state()])).not.toMatch(/evil|model/);
  });
});

it("counts a run that begins within the first interval from its first row", async () => {
  const watcher = await watching([], { intervalMs: 60_000 });
  const run = await createRun(place.runsDir, sampleStart, expect.fail);
  for (let id = 0; id < 3; id++) run.append("requests", sampleRequest(id));
  await run.finish({ status: "completed", status_reason: null, missing: [] });
  await watcher.close();
  expect(watcher.state().runs).toMatchObject({ followed: 1, rows: 3 });
});

describe("the history of a watcher", () => {
  it("lies in private files, goes on in the next watcher, and counts nothing twice", async () => {
    let tokens = 0;
    const port = await serve((_request, response) => response.end(page((tokens += 10))));
    const first = await watching([targetAt(port)]);
    await scrapedAgain(first, 0, 5);
    await first.close();
    const seen = increaseOf(await first.show(600_000), "generation_tokens") ?? 0;
    expect(seen).toBeGreaterThanOrEqual(40);
    for (const name of readdirSync(place.historyDirectory))
      expect(statSync(join(place.historyDirectory, name)).mode & 0o777).toBe(0o600);
    expect(statSync(place.historyDirectory).mode & 0o777).toBe(0o700);

    const second = await watching([targetAt(port)]);
    const begun = (await second.show(600_000)).endpoints[0];
    await scrapedAgain(second, 0, 3);
    await second.close();
    const document = await second.show(600_000);
    expect(begun?.samples).toBeGreaterThanOrEqual(5);
    // The first scrape of a watcher has nothing to count from.
    expect(increaseOf(document, "generation_tokens")).toBe(
      seen + ((document.endpoints[0]?.samples ?? 0) - seen / 10 - 2) * 10,
    );
  });

  it("goes on without the disk, says so, and is written again when it can be", async () => {
    const port = await serve((_request, response) => response.end(page(1)));
    const watcher = await watching([targetAt(port)]);
    await scrapedAgain(watcher);
    // The watcher may write into it meanwhile.
    rmSync(place.directory, { recursive: true, maxRetries: 10 });
    await until(() => watcher.state().history.stopped !== null);
    await scrapedAgain(watcher);
    expect(watcher.state().endpoints[0]?.consecutive_failures).toBe(0);
    expect(watcher.warnings.at(-1)).toContain(`no history is written to ${place.historyDirectory}: it does not exist`);
    expect(existsSync(place.directory)).toBe(false);
    mkdirSync(place.directory);
    await until(() => watcher.state().history.stopped === null);
    expect(watcher.warnings.at(-1)).toContain("is written again");
    const document = await watcher.show(60_000);
    expect(document.endpoints[0]?.samples).toBeGreaterThan(3);
  });
});
