/** The load that a plan asks for, as the server counted it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { quick, stateWhen } from "../../src/mimic/mimic.fixture.ts";
import type { RequestRow } from "../../src/runs/schemas/request.ts";
import type { TextRow } from "../../src/runs/schemas/text.ts";
import { bench, exitCodeFor, sentAndReceived, startEngine, stateOf, steady } from "./bench.ts";

const shortest = ["--output-tokens", "1"];

describe("a closed loop", () => {
  it("of one user never has two requests in flight, as the server counts", async () => {
    const { port } = await startEngine({ profile: quick });
    const { code, run, summary } = await bench(port, ["--concurrency", "1", "--requests", "40", ...shortest]);
    const { requests } = await stateOf(port);
    expect(requests).toMatchObject({ received: 40, peak_in_flight: 1, in_flight: 0 });
    expect(run.requests.map(({ status }) => status)).toEqual(Array<string>(40).fill("ok"));
    expect(code).toBe(exitCodeFor(summary));
  });

  it("of four users has four in flight and never five", async () => {
    const { port } = await startEngine();
    const { summary } = await bench(port, ["--concurrency", "4", "--requests", "16"]);
    expect((await stateOf(port)).requests).toMatchObject({ received: 16, peak_in_flight: 4 });
    expect(summary.levels[0]?.in_flight.max.value).toBe(4);
  });

  it("of a list is one level after the other, each with its own warm-up", async () => {
    const { port } = await startEngine({ profile: quick });
    const { run, summary } = await bench(port, [
      "--concurrency",
      "1,3",
      "--requests",
      "6",
      "--warmup",
      "2",
      ...shortest,
    ]);
    expect(summary.levels.map(({ load }) => load)).toEqual(["concurrency 1", "concurrency 3"]);
    const rowsOf = (level: number, phase: string) =>
      run.requests.filter((row) => row.level === level && row.phase === phase);
    for (const level of [0, 1]) {
      expect(rowsOf(level, "warmup")).toHaveLength(2);
      expect(rowsOf(level, "measured")).toHaveLength(6);
      expect(summary.levels[level]?.requests).toMatchObject({ total: 6, ok: 6, warmup: 2 });
      // Warm-up is what the level begins with.
      expect(rowsOf(level, "warmup").every(({ id }) => rowsOf(level, "measured").every((row) => row.id > id))).toBe(
        true,
      );
    }
    expect(run.requests.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([...Array(16).keys()]);
    expect((await stateOf(port)).requests).toMatchObject({ received: 16, peak_in_flight: 3 });
  });

  it("for a duration wants nothing after it, and lets running requests finish", async () => {
    const { port } = await startEngine({ profile: quick });
    const { run } = await bench(port, ["--concurrency", "2", "--duration", "300ms"]);
    const startMs = run.requests[0]?.intended_ms ?? NaN;
    expect(run.requests.length).toBeGreaterThan(4);
    expect(run.requests.every(({ intended_ms }) => intended_ms - startMs < 300)).toBe(true);
    expect(run.requests.filter(({ status }) => status !== "ok")).toEqual([]);
  });

  it.each(["100ms", "0s"])("for a duration cancels what is not finished after a drain of %s", async (drain) => {
    const { port } = await startEngine({ fault: "hang-mid-stream" });
    const { code, run, summary } = await bench(port, ["--concurrency", "3", "--duration", "300ms", "--drain", drain]);
    const cancelled = { status: "cancelled", error: { kind: "cancelled", http_status: 200 } };
    expect(run.requests).toMatchObject([cancelled, cancelled, cancelled]);
    const startMs = run.requests[0]?.intended_ms ?? NaN;
    const leastMs = 300 + Number.parseInt(drain);
    // A timer may fire a fraction of a millisecond early.
    for (const { end_ms } of run.requests) expect((end_ms ?? NaN) - startMs).toBeGreaterThan(leastMs - 1);
    expect(summary.levels[0]?.requests).toMatchObject({ total: 3, ok: 0, error: 0, cancelled: 3 });
    expect(code).toBe(1);
    await stateWhen(port, ({ requests: { in_flight } }) => in_flight === 0);
  });
});

describe("an open loop", () => {
  it("at twice what the engine can do keeps its schedule, and the latency from intended grows with the backlog", async () => {
    // Two at a time, each for 11 steps of 20 ms: nine a second.
    const { port } = await startEngine({ profile: { ...steady, scheduler: { ...steady.scheduler, maxSequences: 2 } } });
    const load = ["--rate", "18", "--arrival", "constant", "--requests", "40", "--output-tokens", "10"];
    const { run } = await bench(port, load);
    const rows = run.requests.toSorted((a, b) => a.id - b.id);
    expect(rows.every(({ status }) => status === "ok")).toBe(true);

    const startMs = rows[0]?.intended_ms ?? NaN;
    rows.forEach(({ id, intended_ms }) => expect(intended_ms - startMs).toBeCloseTo((id * 1000) / 18, 2));
    // The last one left while half of the others were still waiting.
    const lastSentMs = rows.at(-1)?.sent_ms ?? NaN;
    expect(rows.filter(({ end_ms }) => (end_ms ?? NaN) > lastSentMs).length).toBeGreaterThan(10);
    expect((await stateOf(port)).requests.peak_in_flight).toBeGreaterThan(10);

    const quarters = [0, 1, 2, 3].map((quarter) =>
      meanOf(rows.slice(quarter * 10, quarter * 10 + 10).map(fromIntended)),
    );
    expect(quarters).toEqual(quarters.toSorted((a, b) => a - b));
    expect(quarters[3]).toBeGreaterThan(2 * (quarters[0] ?? NaN));
  });

  it("with --max-in-flight has a row for what was wanted and not sent", async () => {
    const { port } = await startEngine();
    const load = ["--rate", "100", "--arrival", "constant", "--requests", "30", "--max-in-flight", "2"];
    const { run, summary } = await bench(port, load);
    expect(run.requests.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([...Array(30).keys()]);
    const notSent = run.requests.filter(({ status }) => status === "not_sent");
    const { requests } = await stateOf(port);
    expect(requests.peak_in_flight).toBe(2);
    expect(notSent).toHaveLength(30 - requests.received);
    expect(notSent.length).toBeGreaterThan(10);
    for (const { sent_ms, end_ms, error, intended_ms } of notSent) {
      expect({ sent_ms, end_ms, error }).toEqual({ sent_ms: null, end_ms: null, error: null });
      expect(intended_ms).toBeGreaterThan(0);
    }
    expect(summary.levels[0]?.requests).toMatchObject({ total: 30, not_sent: notSent.length, ok: requests.received });
  });

  it("that asks for more than the client can do still reads what comes back", async () => {
    const { port } = await startEngine({ profile: quick });
    const load = [
      "--rate",
      "100000",
      "--arrival",
      "constant",
      "--duration",
      "200ms",
      "--max-in-flight",
      "2",
      ...shortest,
    ];
    const { run } = await bench(port, load);
    expect(run.requests).toHaveLength(20_000);
    // The first two fill what is allowed; a third one can only follow when a reply was read.
    expect(run.requests.filter(({ status }) => status === "ok").length).toBeGreaterThan(4);
  });

  it("of time-based warm-up marks what was sent in it", async () => {
    const { port } = await startEngine({ profile: quick });
    const load = ["--rate", "50", "--arrival", "constant", "--warmup", "200ms", "--requests", "5", ...shortest];
    const { run, summary } = await bench(port, load);
    const phases = run.requests.toSorted((a, b) => a.id - b.id).map(({ phase }) => phase);
    expect(phases).toEqual([...Array<string>(10).fill("warmup"), ...Array<string>(5).fill("measured")]);
    expect(summary.levels[0]?.requests).toMatchObject({ total: 5, warmup: 10 });
  });
});

describe("every request that the server received is a row", () => {
  it.each([
    ["a sweep with warm-up", ["--concurrency", "1,2", "--requests", "5", "--warmup", "2"]],
    ["a server that fails", ["--concurrency", "2", "--requests", "8", "--header", "x-mimic-fault: http-500"]],
    ["a server that refuses", ["--concurrency", "8", "--requests", "50", "--header", "x-mimic-fault: refuse-usage"]],
    ["a server that resets", ["--concurrency", "2", "--requests", "8", "--header", "x-mimic-fault: reset-mid-stream"]],
    ["a poisson load", ["--rate", "40", "--requests", "12", "--max-in-flight", "3"]],
    ["completions", ["--api", "completions", "--concurrency", "2", "--requests", "6"]],
  ])("%s", async (_, load) => {
    const { port } = await startEngine({ profile: quick });
    const { run } = await bench(port, load);
    const { sent, requests } = await sentAndReceived(port, run.requests);
    expect(sent).toHaveLength(requests.received);
    expect(requests.received).toBeGreaterThan(0);
    const paths = Object.entries(requests.by_path).filter(([path]) => path.endsWith("completions"));
    expect(paths).toEqual([[run.run.plan.target.path, sent.length]]);
  });
});

describe("a seed", () => {
  const load = ["--rate", "100", "--requests", "12", "--input-tokens", "30:8", "--output-tokens", "6:3", "--save-text"];

  it("makes lengths and arrivals again, another seed makes others, and no two prompts begin alike", async () => {
    const { port } = await startEngine({ profile: quick });
    const [first, again, other] = [await drawn("one"), await drawn("one"), await drawn("two")];
    expect(again.wanted).toEqual(first.wanted);
    first.arrivals.forEach((atMs, i) => expect(again.arrivals[i]).toBeCloseTo(atMs, 2));
    expect(Math.max(...first.arrivals.map((atMs, i) => Math.abs(atMs - (other.arrivals[i] ?? NaN))))).toBeGreaterThan(
      1,
    );
    expect(other.wanted).not.toEqual(first.wanted);
    expect(new Set(first.wanted.map(({ output }) => output)).size).toBeGreaterThan(2);
    expect(new Set(first.wanted.map(({ input }) => input)).size).toBeGreaterThan(2);
    // Unique within a run and between runs, or a prefix cache would answer for the engine.
    const beginnings = [first, again, other].flatMap(({ prompts }) =>
      prompts.map((text) => text.split(" ").slice(0, 16).join(" ")),
    );
    expect(beginnings).toHaveLength(36);
    expect(new Set(beginnings).size).toBe(36);

    async function drawn(seed: string) {
      let prompts: string[] = [];
      const { run } = await bench(port, [...load, "--seed", seed], {}, (_home, directory) => {
        prompts = linesOf(join(directory, "text.jsonl")).map((line) => promptOf(JSON.parse(line) as TextRow));
      });
      const rows = run.requests.toSorted((a, b) => a.id - b.id);
      const startMs = rows[0]?.intended_ms ?? NaN;
      const wanted = rows.map((row) => ({ input: row.input_tokens, output: row.wanted_output_tokens }));
      return { wanted, arrivals: rows.map(({ intended_ms }) => intended_ms - startMs), prompts };
    }
  });

  function promptOf({ prompt }: TextRow): string {
    return prompt.kind === "text" ? prompt.text : "";
  }
});

function fromIntended({ intended_ms, end_ms }: RequestRow): number {
  return (end_ms ?? NaN) - intended_ms;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").trimEnd().split("\n");
}
