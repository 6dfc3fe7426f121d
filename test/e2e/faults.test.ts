/** Every fault of a server as the command line sees it: what each field of requests.jsonl holds, and the exit code. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faults } from "../../src/mimic/faults.ts";
import type { RunningMimic } from "../../src/mimic/start.ts";
import type { ErrorKind, RequestRow } from "../../src/runs/schemas/request.ts";
import { bench, type BenchResult, exitCodeFor, startEngine, startLastingEngine } from "./bench.ts";

type Moment = Extract<keyof RequestRow, `${string}_ms`>;
type Kind = "content" | "reasoning" | "tool";

/** What has to be in a row, moments and gaps apart. */
type Fields = Pick<
  RequestRow,
  | "status"
  | "error"
  | "finish_reason"
  | "input_tokens"
  | "output_tokens"
  | "cached_tokens"
  | "reasoning_tokens"
  | "token_source"
  | "wanted_output_tokens"
  | "events"
  | "tokens_first_event"
>;

/** What happened of a request, from which follows which moments its row has. */
interface Course {
  /** The last of: the request was sent, the response's head came, a token came. */
  reaches: "sent" | "head" | "token";
  /** What its tokens are, in the order in which their first ones come. */
  kinds: Kind[];
  /** The connection can take a second request; whether that one came over it is the pool's affair. */
  keepsConnection: boolean;
}

type Expected = Course & { fields: Fields };

/** The mimic counts twenty words and the three marks of its chat template; the reply is as long as it was asked to be. */
function answered(fields: Partial<Fields> = {}, course: Partial<Course> = {}): Expected {
  return {
    ...{ reaches: "token", kinds: ["content"], keepsConnection: true, ...course },
    fields: {
      ...{ status: "ok", error: null, finish_reason: "length", wanted_output_tokens: 5 },
      ...{ input_tokens: 23, output_tokens: 5, cached_tokens: 0, reasoning_tokens: null, token_source: "server" },
      ...{ events: 5, tokens_first_event: null },
      ...fields,
    },
  };
}

const uncounted = {
  ...{ input_tokens: null, output_tokens: null, cached_tokens: null },
  token_source: "none",
} satisfies Partial<Fields>;

function refused(kind: ErrorKind, http_status: number | null, course: Partial<Course> = {}): Expected {
  const fields = { status: "error", error: { kind, http_status }, finish_reason: null, events: 0 } as const;
  return answered({ ...uncounted, ...fields }, { reaches: "head", kinds: [], ...course });
}

/** Three events with tokens came before it. */
function brokenOff(kind: ErrorKind, course: Partial<Course> = {}): Expected {
  const { fields } = refused(kind, 200);
  return answered({ ...fields, events: 3 }, { keepsConnection: false, ...course });
}

const unheard = { reaches: "sent", keepsConnection: false } as const;
const short = ["--idle-timeout", "400ms"];

const table: [fault: string, expected: Expected, flags?: string[]][] = [
  ["role-event-first", answered()],
  ["tokens-per-event=2", answered({ events: 3 })],
  ["reasoning-then-content", answered({ reasoning_tokens: 2 }, { kinds: ["reasoning", "content"] })],
  ["reasoning-field-then-content", answered({ reasoning_tokens: 2 }, { kinds: ["reasoning", "content"] })],
  ["reasoning-only", answered({ reasoning_tokens: 5 }, { kinds: ["reasoning"] })],
  ["tool-calls-only", answered({ finish_reason: "tool_calls" }, { kinds: ["tool"] })],
  ["usage-own-event", answered()],
  ["usage-on-last", answered()],
  ["usage-every", answered({ tokens_first_event: 1 })],
  ["usage-every,tokens-per-event=2", answered({ events: 3, tokens_first_event: 2 })],
  ["usage-never", answered(uncounted)],
  ["refuse-usage", refused("http_4xx", 400)],
  ["refuse-usage", answered(uncounted), ["--no-stream-usage"]],
  ["no-done", answered()],
  [
    "empty-stream",
    answered(
      {
        ...{ status: "error", error: { kind: "empty_response", http_status: 200 } },
        ...{ finish_reason: null, output_tokens: 0, events: 0 },
      },
      { reaches: "head", kinds: [] },
    ),
  ],
  ["error-in-200", brokenOff("server_error_in_stream", { keepsConnection: true })],
  ["http-429", refused("rate_limited", 429)],
  ["http-500", refused("http_5xx", 500)],
  ["redirect", refused("redirect", 302)],
  ["html", refused("not_a_stream", 200)],
  ["hang-before-head", refused("idle_timeout", null, unheard), short],
  ["hang-mid-stream", brokenOff("idle_timeout"), short],
  ["slow-head", refused("idle_timeout", null, unheard), short],
  ["slow-head=200", answered()],
  ["byte-per-second", refused("request_timeout", 200, { keepsConnection: false }), ["--request-timeout", "400ms"]],
  // As fast as one byte a packet goes: a whole reply, however finely it is cut.
  [
    "byte-per-second=0",
    answered({ input_tokens: 20, output_tokens: 1, wanted_output_tokens: 1, events: 1 }, { keepsConnection: false }),
    ["--api", "completions", "--output-tokens", "1"],
  ],
  ["reset-mid-stream", brokenOff("reset")],
  ["truncated-chunk", brokenOff("truncated_stream")],
  ["truncated-stream", brokenOff("truncated_stream")],
  ["crlf", answered()],
  ["crlf-split=3", answered()],
  ["multibyte-split=3", answered()],
  ["close-idle", answered()],
];

let engine: RunningMimic;
beforeAll(async () => {
  engine = await startLastingEngine();
});
afterAll(() => engine.close());

function benchWith(fault: string, flags: readonly string[] = []): Promise<BenchResult> {
  return bench(engine.port, ["--header", `x-mimic-fault: ${fault}`, "--concurrency", "1", "--requests", "2", ...flags]);
}

describe("two requests to a server with the fault", () => {
  const cases = table.map(([fault, expected, flags = []]) => {
    const { status, error } = expected.fields;
    return { title: [fault, ...flags].join(" "), outcome: error?.kind ?? status, fault, expected, flags };
  });

  it.each(cases)("$title: $outcome", async ({ fault, expected, flags }) => {
    const { code, summary, run } = await benchWith(fault, flags);
    expect(run.requests.map(({ id }) => id)).toEqual([0, 1]);
    run.requests.forEach((row, i) => expectRow(row, expected, i > 0 && expected.keepsConnection));
    expect(run.requests[1]?.intended_ms).toBeGreaterThanOrEqual(run.requests[0]?.end_ms ?? Infinity);

    const { status, error } = expected.fields;
    const ok = status === "ok" ? 2 : 0;
    const errors = error === null ? [] : [{ ...error, count: 2 }];
    expect(summary.levels[0]?.requests).toMatchObject({ total: 2, ok, error: 2 - ok, cancelled: 0, errors });
    expect(code).toBe(ok === 2 ? exitCodeFor(summary) : 1);
  });

  it("has a row in this table for each fault there is", () => {
    const known = new Set(table.flatMap(([fault]) => fault.split(",").map((name) => name.split("=", 1)[0])));
    expect(Object.keys(faults).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("the command line", () => {
  it("says where a redirect leads, and that it is not followed", async () => {
    const { code, stderr } = await benchWith("redirect");
    expect(stderr).toContain("redirects to http://elsewhere.invalid/v1/models");
    expect(stderr).toContain("does not follow redirects");
    expect(code).toBe(1);
  });

  it("has no figure for tokens that nobody counted, and says why", async () => {
    const { summary } = await benchWith("usage-never");
    const [level] = summary.levels;
    const why = expect.stringMatching(/token/) as string;
    expect(level?.throughput).toMatchObject({
      output_tokens_per_s: { value: null, why },
      input_tokens_per_s: { value: null, why },
    });
    expect(level?.tokens).toMatchObject({
      input: { samples: 0, mean: null, why },
      output: { samples: 0, mean: null, why },
    });
    expect(level?.latency).toMatchObject({ tpot: { samples: 0, mean: null, why }, ttft: { samples: 2 } });
  });

  it("gives a reply of nothing but reasoning a TTFT, to reasoning and not to content", async () => {
    const { summary } = await benchWith("reasoning-only");
    const { ttft, ttft_reasoning, ttft_content } = summary.levels[0]?.latency ?? {};
    expect([ttft?.samples, ttft_reasoning?.samples, ttft_content?.samples]).toEqual([2, 2, 0]);
  });

  it("keeps a connection for the next request, or opens one for each, as --connections says", async () => {
    const opened = async (...flags: string[]) => {
      const { run } = await bench(engine.port, [
        "--concurrency",
        "1",
        "--requests",
        "4",
        "--output-tokens",
        "2",
        ...flags,
      ]);
      return run.requests.map(({ connect_start_ms, connected_ms }) =>
        [connect_start_ms, connected_ms].map((ms) => ms !== null),
      );
    };
    const neither = [false, false];
    const both = [true, true];
    // While the second one is on its way it is found out that the server keeps connections.
    expect((await opened()).slice(2)).toEqual([neither, neither]);
    expect(await opened("--connections", "new")).toEqual([both, both, both, both]);
  });

  it("takes a connection that the server closed while it was idle for no fault of the next request", async () => {
    const { port } = await startEngine();
    // Bursts and pauses: some of the next requests come before the server closes the connection, some after.
    const load = ["--rate", "6", "--arrival", "gamma:2", "--seed", "bursts", "--requests", "16"];
    const closing = ["--header", "x-mimic-fault: close-idle=300", "--output-tokens", "1"];
    const { run } = await bench(port, [...load, ...closing]);
    expect(run.requests.filter(({ status }) => status !== "ok")).toEqual([]);
    const opened = run.requests.filter(({ connect_start_ms }) => connect_start_ms !== null).length;
    expect(opened).toBeGreaterThan(2);
    expect(opened).toBeLessThan(16);
  });
});

const momentsOf: Record<Course["reaches"], readonly Moment[]> = {
  sent: ["intended_ms", "sent_ms", "end_ms"],
  head: ["intended_ms", "sent_ms", "first_byte_ms", "end_ms"],
  token: ["intended_ms", "sent_ms", "first_byte_ms", "first_token_ms", "last_token_ms", "end_ms"],
};
const inOrder: readonly Moment[] = [
  ...(["intended_ms", "connect_start_ms", "connected_ms", "sent_ms"] as const),
  ...(["first_byte_ms", "first_token_ms", "last_token_ms", "end_ms"] as const),
];
const firstOf: Record<Kind, Moment> = {
  content: "first_content_ms",
  reasoning: "first_reasoning_ms",
  tool: "first_tool_ms",
};

function expectRow(row: RequestRow, { fields, reaches, kinds }: Expected, mayReuse: boolean): void {
  expect(row).toMatchObject({ ...fields, session: row.id, turn: 0, phase: "measured", level: 0, worker: 0 });

  const firsts = kinds.map((kind) => firstOf[kind]);
  const reused = mayReuse && row.connect_start_ms === null;
  const connecting: Moment[] = reused ? [] : ["connect_start_ms", "connected_ms"];
  const moments = Object.keys(row).filter((name): name is Moment => name.endsWith("_ms"));
  const happened = moments.filter((name) => row[name] !== null);
  expect(happened.toSorted()).toEqual([...momentsOf[reaches], ...connecting, ...firsts].toSorted());
  expectRising(inOrder.flatMap((name) => row[name] ?? []));
  // The first of the firsts is the first token's, if there is one.
  expect(firsts.map((name) => row[name])[0] ?? null).toBe(row.first_token_ms);
  expectRising([...firsts, "last_token_ms" as const].flatMap((name) => row[name] ?? []));
  expectGaps(row);
}

function expectGaps({ events, gap, burst_events, first_token_ms, last_token_ms }: RequestRow): void {
  expect(burst_events).toBeGreaterThanOrEqual(0);
  expect(burst_events).toBeLessThanOrEqual(Math.max(0, events - 1));
  if (events < 2) {
    expect(gap).toBeNull();
    return;
  }
  const { p50, p95, max, count } = gap ?? { p50: NaN, p95: NaN, max: NaN, count: NaN };
  const spanMs = (last_token_ms ?? NaN) - (first_token_ms ?? NaN);
  // Moments are rounded to microseconds.
  const roundingMs = 0.002;
  expect(count).toBe(events - 1);
  expectRising([0, p50, p95, max, spanMs + roundingMs]);
  expect(max * count).toBeGreaterThanOrEqual(spanMs - count * roundingMs);
}

function expectRising(values: readonly number[]): void {
  expect(values).not.toContain(NaN);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
}
