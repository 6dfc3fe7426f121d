/**
 * The client under test, as the load generator uses it: short pauses, gate, pool, reader, events, decoder. Reads PORT STREAMS REQUESTS SPREAD_US,
 * and prints one JSON line like that of bench/floor/limit-client.c, with what was added to TTFT and to gaps.
 */
import { chat } from "../src/endpoint/dialects/chat.ts";
import type { Dialect } from "../src/endpoint/dialects/dialect.ts";
import { streamRequest } from "../src/endpoint/stream-request.ts";
import { monotonicMs, monotonicNs, sleep } from "../src/clock.ts";
import { mintAuthority } from "../src/net/authority.ts";
import { openGate } from "../src/net/gate.ts";
import type { HttpRequest } from "../src/net/http-client.ts";
import { openHttpClient } from "../src/net/open-http-client.ts";
import { keepYoungGenerationSmall } from "../src/young-generation.ts";

const [port, streams, requests, spreadUs] = process.argv.slice(2).map(Number) as [number, number, number, number];
const authority = mintAuthority("inference-endpoint", "127.0.0.1", port, "--endpoint");
const client = openHttpClient(openGate(), "reuse");
keepYoungGenerationSmall();

// The client's clock counts milliseconds from its own zero; the server's, nanoseconds from the kernel's.
// The largest is the pair with the least time between its two readings: a preemption there makes it smaller.
const zeroNs = Math.max(...Array.from({ length: 1000 }, () => Number(monotonicNs()) - monotonicMs() * 1e6));

/** Until the hot paths are compiled: what is read before is left out. */
const WARMUP_MS = 4000;
// Made once: arrays that grow to megabytes would be copied by the garbage collector, whose pauses are then ours.
const MOST_EVENTS_OF_A_STREAM = 256;
const room = () => ({ values: new Float64Array(requests * MOST_EVENTS_OF_A_STREAM), length: 0 });
const ttft = room();
const gaps = room();
const late = room();
let errors = 0;
let started = 0;

const measuringFromMs = monotonicMs() + WARMUP_MS;
let cpuBefore = process.cpuUsage();
let eventsBefore = 0;
let events = 0;
setTimeout(() => {
  cpuBefore = process.cpuUsage();
  eventsBefore = events;
}, WARMUP_MS);

const limits = { connectTimeoutMs: 10_000, requestTimeoutMs: null, idleTimeoutMs: 60_000 };
const request: HttpRequest = {
  authority,
  tls: null,
  method: "POST",
  path: "/v1/chat/completions",
  headers: [["Content-Type", "application/json"]],
  body: Buffer.from("{}"),
};

async function stream(): Promise<void> {
  const writtenNs = new Float64Array(MOST_EVENTS_OF_A_STREAM);
  let written = 0;
  const listening: Dialect = {
    ...chat,
    decode(data) {
      const event = chat.decode(data);
      events++;
      if (event.content !== "") writtenNs[written++] = (data as { created: number }).created;
      return event;
    },
  };
  while (started++ < requests) {
    written = 0;
    const outcome = await streamRequest(client, request, listening, limits);
    if (outcome.finishReason === null && outcome.error?.kind !== "truncated_stream" && outcome.status !== "ok")
      errors++;
    if (outcome.sentMs === null || outcome.sentMs < measuringFromMs) {
      outcome.tokenEvents.clear();
      continue;
    }
    let before = NaN;
    for (let place = 0; place < outcome.tokenEvents.length; place++) {
      const us = (outcome.tokenEvents.msAt(place) * 1e6 + zeroNs - (writtenNs[place] as number)) / 1000;
      add(late, us);
      if (place === 0) add(ttft, us);
      else add(gaps, Math.abs(us - before));
      before = us;
    }
    outcome.tokenEvents.clear();
  }
}

function add(to: ReturnType<typeof room>, value: number): void {
  to.values[to.length++] = value;
}

await Promise.all(
  Array.from({ length: streams }, async (_, number) => {
    await sleep((spreadUs / 1000) * (number / streams));
    await stream();
  }),
);
const elapsedS = (monotonicMs() - measuringFromMs) / 1000;
const cpu = process.cpuUsage(cpuBefore);
client.close();

const spread = (name: string, { values, length }: ReturnType<typeof room>) => {
  const sorted = values.subarray(0, length).sort();
  const quantile = (q: number) => sorted[Math.min(length - 1, Math.floor(q * length))] ?? NaN;
  return {
    [`${name}_p50_us`]: quantile(0.5),
    [`${name}_p99_us`]: quantile(0.99),
    [`${name}_max_us`]: quantile(1),
  };
};
console.log(
  JSON.stringify({
    events_per_s: (events - eventsBefore) / elapsedS,
    cpu_us_per_event: (cpu.user + cpu.system) / (events - eventsBefore),
    ...spread("late", late),
    ...spread("ttft", ttft),
    ...spread("gap", gaps),
    errors,
  }),
);
