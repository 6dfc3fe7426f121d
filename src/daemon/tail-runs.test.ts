import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jsonLine } from "../json.ts";
import { createRun, type RunStart, type RunWriter } from "../runs/run-writer.ts";
import { sampleRequest, sampleStart } from "../runs/sample-run.fixture.ts";
import type { AgentTraceRow } from "../runs/schemas/agent-trace.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { createRunsTail, type RunsTail, type TailStart } from "./tail-runs.ts";

let runsDir: string;
let nowMs: number;
beforeEach(() => {
  runsDir = mkdtempSync(join(tmpdir(), "inferguard-tail-"));
  nowMs = 1000;
});
afterEach(() => rmSync(runsDir, { recursive: true, force: true }));

const tailOf = (start: TailStart | null = null) => createRunsTail(runsDir, start, 1000);
/** Looks, some time later by the daemon's clock. The wall clock is the real one: files have real times. */
async function look(tail: RunsTail, afterMs = 1000) {
  nowMs += afterMs;
  const found = await tail.poll(nowMs, Date.now());
  const increase = (name: string) => found?.interval.counters.get(name)?.increase ?? null;
  const samples = (name: string) => found?.interval.histograms.get(name)?.histogram.count ?? null;
  return { found, increase, samples };
}
const newRun = (changes: Partial<RunStart> = {}): Promise<RunWriter> =>
  createRun(runsDir, { ...sampleStart, ...changes }, () => {});
const over = { status: "completed", status_reason: null, missing: [] } as const;
const end = (run: RunWriter) => run.finish({ ...over, missing: [] });
const requestsOf = (run: RunWriter) => join(run.directory, "requests.jsonl");
/** As another process would write them, at once. */
const add = (run: RunWriter, ...rows: RequestRow[]) => appendFileSync(requestsOf(run), rows.map(jsonLine).join(""));

describe("a growing run of bench", () => {
  it("is counted row by row: requests, failures, tokens, times", async () => {
    const tail = tailOf();
    expect((await look(tail)).found).toBeNull();
    const run = await newRun();
    expect((await look(tail)).increase("bench_requests")).toBe(0);
    const failed = { ...sampleRequest(1), status: "error", error: { kind: "reset", http_status: null } } as const;
    const unsent = { ...sampleRequest(2), status: "not_sent", sent_ms: null } as const;
    add(run, { ...sampleRequest(0), token_source: "server", input_tokens: 100, output_tokens: 7 }, failed, unsent);
    const { found, increase, samples } = await look(tail);
    expect(increase("bench_requests")).toBe(2);
    expect(increase("bench_failures")).toBe(1);
    expect(increase("bench_output_tokens")).toBe(7);
    expect(samples("bench_ttft_ms")).toBe(1);
    expect(found?.interval.histograms.get("bench_ttft_ms")?.histogram.sum).toBeCloseTo(20.87, 2);
    expect(found?.interval).toMatchObject({ source: null, samples: 1, coveredMs: 1000 });
    expect((await look(tail)).increase("bench_requests")).toBe(0);
    await end(run);
  });

  it("is waited for between its manifest and its first row", async () => {
    const tail = tailOf();
    const run = await newRun();
    renameSync(requestsOf(run), `${requestsOf(run)}.later`);
    await look(tail);
    renameSync(`${requestsOf(run)}.later`, requestsOf(run));
    add(run, sampleRequest(0));
    expect((await look(tail)).increase("bench_requests")).toBe(1);
    expect(tail.state().skipped).toEqual([]);
    await end(run);
  });

  it("whose last line is torn is waited for", async () => {
    const tail = tailOf();
    const run = await newRun();
    await look(tail);
    const line = jsonLine(sampleRequest(0));
    appendFileSync(requestsOf(run), line.slice(0, 40));
    expect((await look(tail)).increase("bench_requests")).toBe(0);
    appendFileSync(requestsOf(run), line.slice(40));
    expect((await look(tail)).increase("bench_requests")).toBe(1);
    await end(run);
  });

  it("is counted once, also by the next daemon, which also counts what came while there was none", async () => {
    const tail = tailOf();
    const run = await newRun();
    await look(tail);
    add(run, sampleRequest(0), sampleRequest(1));
    const { found } = await look(tail);
    // Not written by the daemon that was killed, and so not counted by it.
    add(run, sampleRequest(2));
    const meanwhile = await newRun();
    add(meanwhile, sampleRequest(0));
    const next = tailOf({ offsets: found?.offsets ?? {}, lastLookMs: Date.now() - 5000 });
    const { increase, found: after } = await look(next);
    expect(increase("bench_requests")).toBe(2);
    // A rate over the time in which nobody looked, too.
    expect(after?.interval.coveredMs).toBeGreaterThanOrEqual(5000);
    expect((await look(next)).increase("bench_requests")).toBe(0);
    await Promise.all([end(run), end(meanwhile)]);
  });

  it("that was there before anybody watched is counted from then on, and not at all when it is over", async () => {
    const running = await newRun();
    const finished = await newRun();
    add(running, sampleRequest(0), sampleRequest(1));
    add(finished, sampleRequest(0));
    await end(finished);
    const tail = tailOf();
    expect((await look(tail)).increase("bench_requests")).toBe(0);
    add(running, sampleRequest(2));
    expect((await look(tail)).increase("bench_requests")).toBe(1);
    expect(tail.state()).toMatchObject({ followed: 1, rows: 1, skipped: [] });
    await end(running);
  });

  it("is forgotten some time after its end", async () => {
    const tail = tailOf();
    const run = await newRun();
    await look(tail);
    add(run, sampleRequest(0));
    await look(tail);
    await end(run);
    for (let i = 0; i < 3; i++) await look(tail, 61_000);
    expect(tail.state()).toMatchObject({ followed: 0, rows: 1, skipped: [] });
    expect(tail.offsets()).toEqual({});
    expect((await look(tail)).found).toBeNull();
  });
});

describe("a run that cannot be followed", () => {
  it("is left out and named when it is removed", async () => {
    const tail = tailOf();
    const run = await newRun();
    await look(tail);
    rmSync(run.directory, { recursive: true });
    await look(tail);
    expect(tail.state()).toMatchObject({
      followed: 0,
      skipped: [{ what: run.runId, why: "it was removed while it was followed" }],
    });
  });

  it("is left out and named when its rows do not come", async () => {
    const tail = tailOf();
    const run = await newRun();
    rmSync(requestsOf(run));
    await look(tail);
    expect(tail.state()).toMatchObject({ followed: 1, skipped: [] });
    await look(tail, 20_000);
    expect(tail.state()).toMatchObject({
      followed: 0,
      skipped: [{ what: run.runId, why: "it has a manifest and no rows" }],
    });
    await end(run);
  });

  it("goes on from its new end when it is cut", async () => {
    const tail = tailOf();
    const run = await newRun();
    await look(tail);
    add(run, sampleRequest(0), sampleRequest(1));
    await look(tail);
    truncateSync(requestsOf(run), 0);
    expect((await look(tail)).increase("bench_requests")).toBe(0);
    expect(tail.state().skipped[0]?.why).toContain("it was cut to 0 bytes");
    add(run, sampleRequest(5));
    expect((await look(tail)).increase("bench_requests")).toBe(1);
    await end(run);
  });

  it("is named when its schema is newer", async () => {
    const tail = tailOf();
    const run = await newRun();
    const manifest = join(run.directory, "run.json");
    writeFileSync(manifest, JSON.stringify({ schema: "inferguard-run/v9" }));
    for (let i = 0; i < 12; i++) await look(tail);
    expect(tail.state()).toMatchObject({
      followed: 0,
      skipped: [{ what: run.runId, why: expect.stringContaining("inferguard-run/v9") as string }],
    });
  });

  it("is left out where its numbers are synthetic, and a daemon's own is none", async () => {
    const tail = tailOf();
    const synthetic = await newRun({ claim: "synthetic", claim_why: "the mimic answered" });
    const plan = { command: "daemon", metrics: [], scrape_interval_ms: 1, retain_ms: 1, max_disk_bytes: 1, gpus: null };
    const own = await newRun({ plan: { ...plan, command: "daemon" } });
    await look(tail);
    expect(tail.state()).toMatchObject({ followed: 0, skipped: [{ what: synthetic.runId }] });
    await Promise.all([end(synthetic), end(own)]);
  });

  it("keeps its good rows when some are not", async () => {
    const tail = tailOf();
    const run = await newRun();
    await look(tail);
    appendFileSync(requestsOf(run), `{"id":1}\nnot json\n[]\n${jsonLine(sampleRequest(0))}`);
    expect((await look(tail)).increase("bench_requests")).toBe(1);
    expect(tail.state().skipped).toHaveLength(1);
    await end(run);
  });

  it("does not come from a runs directory that is gone, which may come back", async () => {
    const tail = tailOf();
    rmSync(runsDir, { recursive: true });
    expect((await look(tail)).found).toBeNull();
    const run = await newRun();
    await look(tail);
    add(run, sampleRequest(0));
    expect((await look(tail)).increase("bench_requests")).toBe(1);
    await end(run);
  });
});

it("a growing trace is counted: model calls, tool calls, their times", async () => {
  const tail = tailOf();
  const target = { origin: "http://127.0.0.1:1", path: "", insecure: false };
  const run = await newRun({ plan: { command: "trace", target, starts_agent: true, model_calls: null } });
  await look(tail);
  const tool = {
    ...{ event: "node", id: 1, conversation: 0, parent: 0, kind: "tool_call", name: "search", argument_bytes: 2 },
    ...{ start_ms: 100, end_ms: 400, wall_ms: 300, stall_ms: 250, result_bytes: 3, result_kind: "text" },
  } satisfies AgentTraceRow;
  appendFileSync(join(run.directory, "agent-trace.jsonl"), jsonLine(tool));
  const { increase, samples } = await look(tail);
  expect(increase("trace_tool_calls")).toBe(1);
  expect(increase("trace_tool_stall_ms")).toBe(250);
  expect(samples("trace_tool_ms")).toBe(1);
  expect(increase("trace_model_calls")).toBe(0);
  await end(run);
});
