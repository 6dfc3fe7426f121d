import { describe, expect, it } from "vitest";
import { requestRowSchema } from "../runs/schemas/request.ts";
import { rowOf, rowOfNotSent, type Wanted } from "./observation.ts";
import { replyAt } from "./outcome.fixture.ts";

const wanted: Wanted = { id: 7, level: 1, phase: "measured", intendedMs: 1000, outputTokens: 4 };

describe("a request's row", () => {
  it("counts milliseconds from the run's start, to the microsecond", () => {
    const row = rowOf(wanted, replyAt(1000.1234567, [1010, 1020, 1050, 1050]), 990);
    expect(row).toMatchObject({
      id: 7,
      intended_ms: 10,
      sent_ms: 10.123,
      first_token_ms: 20,
      last_token_ms: 60,
      connected_ms: null,
      events: 4,
      gap: { p50: 10, p95: 30, max: 30, count: 3 },
      token_source: "server",
      output_tokens: 4,
      tokens_first_event: null,
    });
    expect(requestRowSchema.parse(row)).toEqual(row);
  });

  it("has no tokens where the server counted none", () => {
    const row = rowOf(wanted, replyAt(1000, [1010], { usage: null }), 990);
    expect(row).toMatchObject({ token_source: "none", input_tokens: null, output_tokens: null, gap: null });
  });

  it("knows the first event's tokens where they were counted", () => {
    expect(rowOf(wanted, replyAt(1000, [1010, 1020], { tokensOfEvent: [3, 1] }), 990).tokens_first_event).toBe(3);
  });

  it("of a request that was not sent has only the wish", () => {
    const row = rowOfNotSent(wanted, 990);
    expect(row).toMatchObject({ status: "not_sent", intended_ms: 10, sent_ms: null, end_ms: null, error: null });
    expect(requestRowSchema.parse(row)).toEqual(row);
  });
});
