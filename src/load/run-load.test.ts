import { describe, expect, it } from "vitest";
import { monotonicMs, sleep } from "../clock.ts";
import type { Load, BenchPlan } from "../runs/schemas/bench-plan.ts";
import { sampleStart } from "../runs/sample-run.fixture.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { replyAt } from "./outcome.fixture.ts";
import { createPromptSource } from "./prompt-source.ts";
import { runLoad, type RunSink } from "./run-load.ts";
import type { Send } from "./send-request.ts";

const closed = (concurrency: number): Load => ({ mode: "closed", concurrency });
const open = (rate: number): Load => ({ mode: "open", rate, arrival: { process: "constant" } });

describe("a closed loop", () => {
  it("keeps exactly its concurrency in flight and sends exactly what is asked, warm-up apart", async () => {
    const run = await load(
      { levels: [closed(3)], requests: 20, warmup: { by: "requests", requests: 5 } },
      answering(2),
    );
    expect(run.peak).toBe(3);
    expect(run.rows).toHaveLength(25);
    expect(run.rows.filter((row) => row.phase === "warmup")).toHaveLength(5);
    expect(run.rows.map((row) => row.id).sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, id) => id));
    expect(run.end.status).toBe("completed");
  });

  it("runs one level after the other", async () => {
    const run = await load({ levels: [closed(1), closed(4)], requests: 8 }, answering(1));
    const ends = run.rows.filter((row) => row.level === 0).map((row) => row.end_ms ?? 0);
    const starts = run.rows.filter((row) => row.level === 1).map((row) => row.intended_ms);
    expect(Math.max(...ends)).toBeLessThanOrEqual(Math.min(...starts));
  });

  it("cancels what runs on when the drain is over", async () => {
    const run = await load({ levels: [closed(2)], requests: null, duration_ms: 50, drain_ms: 20 }, answering(60_000));
    expect(run.rows.map((row) => row.status)).toEqual(["cancelled", "cancelled"]);
  });
});

describe("an open loop", () => {
  it("sends when the schedule wants it, whether or not the server answers", async () => {
    const run = await load({ levels: [open(200)], requests: 20, duration_ms: 1000, drain_ms: 30 }, answering(60_000));
    expect(run.peak).toBe(20);
    const wanted = run.rows.map((row) => row.intended_ms).sort((a, b) => a - b);
    for (const [place, atMs] of wanted.entries()) expect(atMs - (wanted[0] ?? 0)).toBeCloseTo(place * 5, 3);
  });

  it("records what the limit in flight holds back, and does not send it later", async () => {
    const run = await load(
      { levels: [open(500)], requests: 30, max_in_flight: 4, duration_ms: 1000, drain_ms: 30 },
      answering(60_000),
    );
    expect(run.peak).toBe(4);
    expect(run.rows.filter((row) => row.status === "not_sent")).toHaveLength(26);
    expect(run.rows).toHaveLength(30);
  });
});

describe("a run", () => {
  it("ends soon when it is told to, with a row for everything that was sent", async () => {
    const asked = new AbortController();
    setTimeout(() => asked.abort(), 30);
    const run = await load({ levels: [closed(3), closed(5)], requests: 1000 }, answering(60_000), asked.signal);
    expect(run.end.status).toBe("interrupted");
    expect(run.rows.map((row) => row.status)).toEqual(["cancelled", "cancelled", "cancelled"]);
  });

  it("gives up when the first requests fail in a way that does not pass", async () => {
    const refuse: Send = () => {
      const sentMs = monotonicMs();
      return Promise.resolve(
        replyAt(sentMs, [], { status: "error", error: { kind: "http_4xx", httpStatus: 404 }, endMs: sentMs }),
      );
    };
    const run = await load({ levels: [closed(1), closed(2)], requests: 1000 }, refuse);
    expect(run.end).toMatchObject({ status: "hopeless", rows: 5 });
    expect(run.rows.length).toBeLessThan(10);
  });

  it("goes on when a failure may pass", async () => {
    const busy: Send = () => {
      const sentMs = monotonicMs();
      return Promise.resolve(
        replyAt(sentMs, [], { status: "error", error: { kind: "rate_limited", httpStatus: 429 }, endMs: sentMs }),
      );
    };
    const run = await load({ levels: [closed(2)], requests: 12 }, busy);
    expect(run.rows).toHaveLength(12);
    expect(run.end.status).toBe("completed");
  });

  it("leaves the client's own figures for every level", async () => {
    const run = await load({ levels: [closed(1), closed(2)], requests: 3 }, answering(5));
    expect(new Set(run.clientLevels)).toEqual(new Set([0, 1]));
    expect(run.sent).toBe(6);
  });
});

/** Answers each request after this time, or when it is cancelled. */
function answering(ms: number): Send {
  return async (_prompt, observer, signal) => {
    const sentMs = monotonicMs();
    observer.onSent(sentMs);
    await sleep(ms, signal);
    const endMs = monotonicMs();
    if (signal.aborted)
      return replyAt(sentMs, [], { status: "cancelled", error: { kind: "cancelled", httpStatus: null }, endMs });
    return replyAt(sentMs, [endMs], { endMs });
  };
}

async function load(overrides: Partial<BenchPlan>, send: Send, signal = new AbortController().signal) {
  const rows: RequestRow[] = [];
  const clientLevels: number[] = [];
  let sent = 0;
  let inFlight = 0;
  let peak = 0;
  const counting: Send = async (...args) => {
    peak = Math.max(peak, ++inFlight);
    try {
      return await send(...args);
    } finally {
      inFlight--;
    }
  };
  const sink: RunSink = {
    request: (row) => rows.push(row),
    gaps: () => {},
    client(row) {
      clientLevels.push(row.level);
      sent += row.sent;
    },
    progress: () => {},
  };
  const prompts = createPromptSource((index) => ({
    content: { kind: "text", text: String(index) },
    outputTokens: null,
  }));
  const end = await runLoad(
    { ...sampleStart.plan, ...overrides },
    { send: counting, prompts, sink, zeroMs: monotonicMs(), signal },
  );
  return { end, rows, peak, clientLevels, sent };
}
