import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { Basis } from "./distribution.ts";
import { latencyOf } from "./latency.ts";
import { timePerOutputToken } from "./request-times.ts";
import { concurrency, failed, gapsRow, levelOf, requestRow } from "./rows.fixture.ts";
import type { RunData } from "./summarize.ts";

const basis: Basis = {
  footing: { claim: "measured", why: null },
  blockLength: 1,
  random: () => seededRandom("draw"),
};

function latenciesOf(rows: RequestRow[], rest: Partial<Pick<RunData, "gaps" | "client">> = {}) {
  return latencyOf(levelOf(concurrency(1), rows, rest), basis);
}

describe("latencies of a request", () => {
  it("lie between the moments that their names say", () => {
    const row = requestRow({
      intended_ms: 1000,
      connect_start_ms: 1002,
      connected_ms: 1007,
      sent_ms: 1008,
      first_reasoning_ms: 1108,
      first_token_ms: 1108,
      first_content_ms: 1208,
      first_tool_ms: 1308,
      last_token_ms: 1408,
      end_ms: 1410,
    });
    const { ttft, ttft_reasoning, ttft_content, ttft_tool, e2e, connect, ttft_from_intended, e2e_from_intended } =
      latenciesOf([row]);
    const values = {
      ttft,
      ttft_reasoning,
      ttft_content,
      ttft_tool,
      e2e,
      connect,
      ttft_from_intended,
      e2e_from_intended,
    };
    expect(Object.fromEntries(Object.entries(values).map(([name, { min }]) => [name, min]))).toEqual({
      ttft: 100,
      ttft_reasoning: 100,
      ttft_content: 200,
      ttft_tool: 300,
      e2e: 402,
      connect: 5,
      ttft_from_intended: 108,
      e2e_from_intended: 410,
    });
  });

  it("are taken from answered requests of the measured phase only", () => {
    const slow = { first_token_ms: 9000, last_token_ms: 9500, end_ms: 9501 };
    const { ttft, e2e } = latenciesOf([
      requestRow({ id: 0 }),
      requestRow({ id: 1, phase: "warmup", ...slow }),
      failed({ id: 2, ...slow }),
      failed({ id: 3, status: "cancelled", error: { kind: "cancelled", http_status: null }, ...slow }),
    ]);
    expect(ttft).toMatchObject({ samples: 1, min: 100, max: 100, mean: 100, claim: "measured" });
    expect(e2e.samples).toBe(1);
  });

  it("that no request has are not proven, and say why", () => {
    const { ttft_reasoning, ttft_tool, connect } = latenciesOf([requestRow()]);
    expect(ttft_reasoning).toMatchObject({
      claim: "not_proven",
      why: "no reply carried reasoning",
      samples: 0,
      mean: null,
    });
    expect(ttft_tool.why).toBe("no reply called a tool");
    expect(connect.why).toBe("every connection was reused");
    expect(latenciesOf([failed()]).ttft.why).toBe("no request was answered");
  });

  it("have percentiles from the needed number of samples on, and none below", () => {
    const rows = (count: number) => Array.from({ length: count }, (_, id) => requestRow({ id, intended_ms: id }));
    expect(latenciesOf(rows(10)).ttft.p50).toEqual({ value: null, needs: 11, interval: null });
    const { p50, p90 } = latenciesOf(rows(11)).ttft;
    expect(p50).toMatchObject({ value: 100, needs: 11 });
    expect(p90).toEqual({ value: null, needs: 64, interval: null });
    const enough = latenciesOf(rows(662)).ttft;
    expect(enough.p99.value).toBe(100);
    expect(enough.p999).toEqual({ value: null, needs: 6636, interval: null });
  });
});

describe("time per output token", () => {
  it("leaves out the tokens of the first event, however many they were", () => {
    expect(timePerOutputToken(requestRow())).toEqual({ kind: "known", ms: 10, assumesOneToken: false });
    const five = requestRow({ output_tokens: 14, tokens_first_event: 5 });
    expect(timePerOutputToken(five)).toEqual({ kind: "known", ms: 10, assumesOneToken: false });
  });

  it("takes a first event of unknown size as one token, and says so", () => {
    const row = requestRow({ output_tokens: 31, tokens_first_event: null });
    expect(timePerOutputToken(row)).toEqual({ kind: "known", ms: 3, assumesOneToken: true });
    const { tpot } = latenciesOf([row]);
    expect(tpot.claim).toBe("inferred");
    expect(tpot.why).toMatch(/^in 1 of 1 replies the first event is taken as one token/);
  });

  it("assumes nothing where there are as many tokens as events", () => {
    expect(timePerOutputToken(requestRow({ tokens_first_event: null }))).toMatchObject({ assumesOneToken: false });
    expect(latenciesOf([requestRow({ tokens_first_event: null })]).tpot.claim).toBe("measured");
  });

  it("is absent for one token, for one event and for events out of one read: never zero", () => {
    const oneToken = requestRow({ output_tokens: 1, events: 1, last_token_ms: 100 });
    const oneEvent = requestRow({ output_tokens: 50, events: 1, tokens_first_event: null, last_token_ms: 100 });
    const oneRead = requestRow({ burst_events: 9, last_token_ms: 100 });
    const allInFirst = requestRow({ output_tokens: 10, tokens_first_event: 10 });
    for (const row of [oneToken, oneEvent, oneRead, allInFirst])
      expect(timePerOutputToken(row)).toEqual({ kind: "absent" });
    expect(latenciesOf([oneToken, oneEvent]).tpot).toMatchObject({
      samples: 0,
      claim: "not_proven",
      why: "no reply had time between two tokens",
    });
  });

  it("is unknown, and never guessed, where nobody counted the tokens", () => {
    const row = requestRow({ output_tokens: null, token_source: "none" });
    expect(timePerOutputToken(row)).toEqual({ kind: "unknown" });
    expect(latenciesOf([row]).tpot).toMatchObject({ claim: "not_proven", why: "nobody counted the output tokens" });
  });
});

describe("gaps", () => {
  it("add up over the rows of one second and over seconds, in milliseconds", () => {
    const { event_gap } = latenciesOf([requestRow()], {
      gaps: [gapsRow({ second: 1 }, [3000]), gapsRow({ second: 0 }, [1000, 2000]), gapsRow({ second: 0 }, [6000])],
    });
    expect(event_gap).toMatchObject({ unit: "ms", samples: 4, mean: 3, min: 1, max: 6, claim: "measured" });
  });

  it("of the warm-up are left out", () => {
    const gaps = [gapsRow({}, [1000]), gapsRow({ phase: "warmup" }, [9000])];
    expect(latenciesOf([requestRow()], { gaps }).event_gap).toMatchObject({ samples: 1, max: 1 });
  });

  it("have intervals from ten seconds on", () => {
    const seconds = (count: number) =>
      Array.from({ length: count }, (_, second) => gapsRow({ second }, [9000 + 100 * second, 10_000, 11_000]));
    expect(latenciesOf([requestRow()], { gaps: seconds(9) }).event_gap.p50.interval).toBeNull();
    const { value, interval } = latenciesOf([requestRow()], { gaps: seconds(10) }).event_gap.p50;
    expect(value).toBeCloseTo(10, 0);
    expect(interval?.[0]).toBeLessThanOrEqual(value as number);
    expect(interval?.[1]).toBeGreaterThanOrEqual(value as number);
    expect(interval?.[1]).toBeLessThan(11);
  });

  it("weighted by tokens are inferred where events are taken as one token, unless the counts show it", () => {
    const gaps = [gapsRow({ assumed_one_token: 9 }, [10_000])];
    const row = requestRow({ tokens_first_event: null });
    expect(latenciesOf([row], { gaps }).itl).toMatchObject({ claim: "measured", why: null });
    const several = { ...row, output_tokens: 30 };
    expect(latenciesOf([several], { gaps }).itl).toMatchObject({ claim: "inferred" });
    expect(latenciesOf([several], { gaps }).event_gap.claim).toBe("measured");
    // A request that broke off has gaps in there too, and no count that could show it.
    const broken = failed({ events: 5, gap: row.gap });
    expect(latenciesOf([row, broken], { gaps }).itl.claim).toBe("inferred");
  });
});
