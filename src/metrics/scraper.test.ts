import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { monotonicMs, sleep } from "../clock.ts";
import { mintAuthority } from "../net/authority.ts";
import { openGate } from "../net/gate.ts";
import { openHttpClient } from "../net/open-http-client.ts";
import { createScraper, findDefaultMetrics, type Scrape, type ScraperOptions, type ScrapeTarget } from "./scraper.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that sends these bytes to every request and then closes, unless `hang`. Gives its port and the requests. */
async function serve(sent: string | Buffer, { hang = false } = {}): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      requests.push(bytes.toString());
      if (hang) socket.write(sent);
      else socket.end(sent);
    });
    stops.push(() => socket.destroy());
  });
  stops.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, requests };
}

async function sendSlowly(socket: Socket, bytes: Buffer): Promise<void> {
  const step = Math.ceil(bytes.length / 8);
  for (let from = 0; from < bytes.length; from += step) {
    socket.write(bytes.subarray(from, from + step));
    await sleep(5);
  }
}

function answer(
  body: string | Buffer,
  headers: Record<string, string> = { "Content-Type": "text/plain; version=0.0.4" },
  status = "200 OK",
) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join("")}Content-Length: ${length}\r\n\r\n`),
    Buffer.from(body),
  ]);
}

function targetAt(port: number, source = 0): ScrapeTarget {
  const authority = mintAuthority("metrics-endpoint", "127.0.0.1", port, "--metrics-url");
  return { source, role: "engine", request: { authority, tls: null, path: "/metrics?x=1", headers: [["X-Own", "1"]] } };
}

function options(): Omit<ScraperOptions, "targets"> {
  const gate = openGate();
  stops.push(() => gate.close());
  const limits = { connectTimeoutMs: 1000, requestTimeoutMs: 300, idleTimeoutMs: 300 };
  return { client: openHttpClient(gate, "reuse"), limits };
}

async function scrapeOne(port: number, more: Partial<ScraperOptions> = {}): Promise<Scrape> {
  const [scrape] = await createScraper({ ...options(), targets: [targetAt(port)], ...more }).scrapeOnce(monotonicMs());
  if (scrape === undefined) throw new Error("nothing was scraped");
  return scrape;
}

const page = "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 3\nmy_own_metric 1\n";

describe("a server with metrics", () => {
  it("becomes a row, with the page as it came and the names that nobody knows", async () => {
    const { port } = await serve(answer(page));
    const { row, raw, unknown, problems } = await scrapeOne(port);
    expect(row).toMatchObject({
      source: 0,
      engine: "vllm",
      gauges: { requests_running: 3 },
      counters: {},
      histograms: {},
      error: null,
    });
    expect(row.start_ms).toBeGreaterThanOrEqual(0);
    expect(row.t_ms).toBeGreaterThan(row.start_ms);
    expect(Buffer.from(raw ?? []).toString()).toBe(page);
    expect(unknown).toEqual(["my_own_metric"]);
    expect(problems).toEqual([]);
  });

  it("is asked for plain text, with the target's own path and headers, and for no compression", async () => {
    const { port, requests } = await serve(answer(page));
    await scrapeOne(port);
    expect(requests[0]).toMatch(/^GET \/metrics\?x=1 HTTP\/1\.1\r\n/);
    expect(requests[0]).toContain("Accept: text/plain;version=0.0.4");
    expect(requests[0]).toContain("X-Own: 1");
    expect(requests[0]).not.toMatch(/accept-encoding|openmetrics/i);
  });

  it("is what was sent where it comes in many reads, each over the memory of the one before", async () => {
    const lines = Array.from({ length: 60 }, (_, line) => `vllm:num_requests_running{engine="${line}"} ${line}\n`);
    const sent = answer(lines.join(""));
    const server: Server = createServer((socket) => {
      socket.on("error", () => {}).setNoDelay(true);
      stops.push(() => socket.destroy());
      socket.once("data", () => void sendSlowly(socket, sent));
    });
    stops.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { raw } = await scrapeOne(port);
    expect(Buffer.from(raw ?? []).toString()).toBe(lines.join(""));
  });

  it("may answer in OpenMetrics", async () => {
    const text =
      "# TYPE vllm:num_preemptions counter\nvllm:num_preemptions_total 2\nvllm:num_preemptions_created 1\n# EOF\n";
    const { port } = await serve(
      answer(text, { "Content-Type": "application/openmetrics-text; version=1.0.0; charset=utf-8" }),
    );
    expect((await scrapeOne(port)).row).toMatchObject({ counters: { preemptions: 2 }, error: null });
  });

  it("may have a wrong content type, or none", async () => {
    for (const headers of [{ "Content-Type": "application/octet-stream" }, {}] as Record<string, string>[])
      expect((await scrapeOne((await serve(answer(page, headers))).port)).row.gauges).toEqual({ requests_running: 3 });
  });

  it("loses only the line that is bad", async () => {
    const { row, problems } = await scrapeOne((await serve(answer(`oops\n${page}`))).port);
    expect(row).toMatchObject({ gauges: { requests_running: 3 }, error: null });
    expect(problems).toEqual([expect.stringMatching(/^line 1: /)]);
  });

  it("is read up to the limit, without the family that the limit cuts, and says what is missing", async () => {
    const long = `${page}vllm:num_requests_waiting{engine="0"} 1\n${'vllm:num_requests_waiting{engine="1"} 1\n'.repeat(5000)}`;
    const { row, raw, problems } = await scrapeOne((await serve(answer(long))).port, { maxBytes: 2000 });
    expect(row).toMatchObject({ gauges: { requests_running: 3 }, error: null });
    expect(raw?.length).toBe(2000);
    expect(problems).toEqual([expect.stringMatching(/too long.*vllm:num_requests_waiting/)]);
  });

  it("is left as soon as the limit is reached, however long it would go on", async () => {
    const { port } = await serve(answer(page.repeat(1000)).subarray(0, 4000), { hang: true });
    const limits = { connectTimeoutMs: 1000, requestTimeoutMs: null, idleTimeoutMs: 60_000 };
    const { row } = await scrapeOne(port, { maxBytes: 2000, limits });
    expect(row.error).toBe("the page is too long, and no family of it is whole");
  }, 5000);

  it("is scraped beside the others, in their order", async () => {
    const [good, hanging] = [await serve(answer(page)), await serve("", { hang: true })];
    const targets = [targetAt(hanging.port, 0), targetAt(good.port, 1)];
    const scrapes = await createScraper({ ...options(), targets }).scrapeOnce(monotonicMs());
    expect(scrapes.map(({ row }) => [row.source, row.engine])).toEqual([
      [0, null],
      [1, "vllm"],
    ]);
  });
});

describe("a server without them is a row with an error", () => {
  const html = "<!doctype html><title>Sign in as bob@example.org</title>";
  it.each([
    ["404", answer("no", {}, "404 Not Found"), "HTTP 404"],
    ["500", answer("vllm:num_requests_running 3\n", {}, "500 Oops"), "HTTP 500"],
    [
      "a redirect",
      answer("", { Location: "https://login.example.org/?token=secret" }, "302 Found"),
      "redirects (HTTP 302)",
    ],
    ["HTML", answer(html, { "Content-Type": "text/html" }), "HTML"],
    ["HTML that says it is text", answer(html), "HTML"],
    ["JSON", answer('[{"iter":1}]', { "Content-Type": "application/json" }), "/prometheus/metrics"],
    ["JSON that says it is text", answer('{"iter":1}'), "JSON"],
    ["some other text", answer("It works!\n"), "not metrics text"],
    ["an empty page", answer(""), "no metrics"],
    ["only comments", answer("# nothing\n"), "no metrics"],
    ["names of nobody", answer("some_metric 1\n"), "no name on the page is known"],
    ["gzip that nobody asked for", answer(page, { "Content-Encoding": "gzip" }), "compressed"],
    ["half an answer", answer(page).subarray(0, -5), "broke off"],
    ["not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1"],
  ])("%s", async (_, bytes, error) => {
    const { row } = await scrapeOne((await serve(bytes)).port);
    expect(row.error).toContain(error);
    const { engine, gauges, counters, histograms } = row;
    expect({ engine, gauges, counters, histograms }).toEqual({
      engine: null,
      gauges: {},
      counters: {},
      histograms: {},
    });
    expect(JSON.stringify(row)).not.toMatch(/bob|secret|example/);
  });

  it("a redirect's target is told to the person", async () => {
    const { port } = await serve(answer("", { Location: "https://login.example.org/" }, "302 Found"));
    expect((await scrapeOne(port)).problems).toEqual([expect.stringContaining("https://login.example.org/")]);
  });

  it("one that hangs, before its answer or within it", async () => {
    for (const start of ["", answer(page).subarray(0, 90)])
      expect((await scrapeOne((await serve(start, { hang: true })).port)).row.error).toMatch(/in time|silent/);
  });

  it("one that is not there", async () => {
    const { port } = await serve("");
    for (const stop of stops.splice(0)) stop();
    expect((await scrapeOne(port)).row.error).toBe("the connection was refused");
  });

  it("even a client that breaks its promise", async () => {
    const client = { exchange: () => Promise.reject(new Error("a bug")), close: () => {} };
    const { row, problems } = await scrapeOne(1, { client });
    expect(row.error).toBe("InferGuard failed to read it");
    expect(problems).toEqual(["a bug"]);
  });
});

describe("metrics that nobody asked for", () => {
  it("are found at /metrics of the endpoint's own host", async () => {
    const { port, requests } = await serve(answer(page));
    const found = await findDefaultMetrics({ ...options(), target: targetAt(port, 2) }, monotonicMs());
    expect(found?.row).toMatchObject({ source: 2, engine: "vllm" });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatch(/^GET \/metrics HTTP/);
  });

  it.each([
    ["a 404", answer("", {}, "404 Not Found")],
    ["a page of another program", answer("node_load1 0.5\n")],
    ["a login page", answer("<html>", { "Content-Type": "text/html" })],
  ])("are quietly none after %s", async (_, bytes) => {
    const { port } = await serve(bytes);
    expect(await findDefaultMetrics({ ...options(), target: targetAt(port) }, monotonicMs())).toBeNull();
  });
});
