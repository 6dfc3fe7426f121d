import { describe, expect, it } from "vitest";
import type { RequestRow } from "../runs/schemas/request.ts";
import { startLevelTally } from "./level-tally.ts";
import { rowOf } from "./observation.ts";
import { replyAt } from "./outcome.fixture.ts";

const events = [110, 120, 130, 140];

function rowWith(overrides: Partial<RequestRow>): RequestRow {
  const wanted = { id: 0, level: 0, phase: "measured", intendedMs: 100, outputTokens: null } as const;
  return { ...rowOf(wanted, replyAt(100, events), 0), ...overrides };
}

/** A tally of these requests, each of four events, after two seconds. */
function figuresOf(...rows: Partial<RequestRow>[]) {
  const tally = startLevelTally(0);
  for (const overrides of rows) {
    const row = rowWith(overrides);
    for (let event = 0; event < row.events; event++) tally.noteTokenEvent();
    tally.noteEnded(row);
  }
  return tally.figures(2000);
}

describe("the figures of a level in progress", () => {
  it("count tokens as the server does, however many an event carries", () => {
    expect(figuresOf({ output_tokens: 12 })).toMatchObject({ output_tokens_per_s: 6, token_events_per_s: 2 });
  });

  it("take the events of running requests to carry as many as those of the ones that ended", () => {
    const tally = startLevelTally(0);
    for (const _ of [...events, ...events]) tally.noteTokenEvent();
    expect(tally.figures(2000)).toMatchObject({ output_tokens_per_s: null, token_events_per_s: 4 });
    tally.noteEnded(rowWith({ output_tokens: 12 }));
    expect(tally.figures(2000)).toMatchObject({ output_tokens_per_s: 12, token_events_per_s: 4 });
  });

  it("have no token rate where the server does not count all", () => {
    const { output_tokens_per_s, token_events_per_s } = figuresOf({ output_tokens: 12 }, { output_tokens: null });
    expect({ output_tokens_per_s, token_events_per_s }).toEqual({ output_tokens_per_s: null, token_events_per_s: 4 });
  });

  it("are of answered requests: what failed or was cancelled brought nothing", () => {
    const failed = { status: "error", output_tokens: null } as const;
    const cancelled = { status: "cancelled", output_tokens: null } as const;
    expect(figuresOf({ output_tokens: 4 }, failed, cancelled)).toMatchObject({
      requests_per_s: 0.5,
      output_tokens_per_s: 2,
      token_events_per_s: 2,
    });
    expect(figuresOf(failed)).toMatchObject({ requests_per_s: null, token_events_per_s: null });
  });

  it("call only a failure an error: not what was cancelled, nor what was never sent", () => {
    expect(figuresOf({ status: "cancelled" }, { status: "not_sent", events: 0 }, { status: "error" }).errors).toBe(1);
  });
});
