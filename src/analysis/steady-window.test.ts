import { describe, expect, it } from "vitest";
import type { RequestRow } from "../runs/schemas/request.ts";
import { closedLoop, concurrency, constantRate, failed, later, levelOf, openLoop, requestRow } from "./rows.fixture.ts";
import { steadyWindow, windowDoubt } from "./steady-window.ts";

const closed = (users: number, rows: RequestRow[]) => steadyWindow(levelOf(concurrency(users), rows));
const open = (rate: number, rows: RequestRow[]) => steadyWindow(levelOf(constantRate(rate), rows));

describe("the steady window of a closed loop", () => {
  it("is nearly all of a short run at concurrency 1", () => {
    const rows = closedLoop({ users: 1, requests: 40 });
    const window = closed(1, rows);
    expect(window).toEqual({ kind: "steady", startMs: 0.1, endMs: rows.at(-1)?.end_ms, why: null });
  });

  it("leaves out the ramp, in which users arrive one by one, and the drain", () => {
    const rows = [0, 1, 2, 3].flatMap((user) =>
      Array.from({ length: 10 + user }, (_, turn) =>
        later(requestRow({ id: 100 * user + turn }), user * 500 + turn * 191),
      ),
    );
    // The fourth user is there from 1500 ms; the first one's last request ends at 1910.
    const more = rows.concat(
      Array.from({ length: 12 }, (_, turn) => later(requestRow({ id: 500 + turn }), (10 + turn) * 191)),
    );
    const window = closed(4, more);
    const ends = [0, 1, 2, 3].map((user) => user * 500 + (user === 0 ? 22 : 10 + user) * 191);
    expect(window).toMatchObject({ kind: "steady", startMs: 1500, endMs: Math.min(...ends) });
  });

  it("goes on over a dip", () => {
    const rows = closedLoop({ users: 4, requests: 200 });
    const end = closed(4, rows).endMs;
    // One user fails at once and comes back a little later.
    const dip = rows.map((row) =>
      row.id === 100
        ? failed({ id: 100, intended_ms: row.intended_ms, sent_ms: row.sent_ms, end_ms: (row.sent_ms as number) + 1 })
        : row,
    );
    expect(closed(4, dip)).toMatchObject({ kind: "steady", endMs: end });
  });

  it("takes a place that is connecting as taken", () => {
    const rows = Array.from({ length: 20 }, (_, id) =>
      later(requestRow({ id, intended_ms: 0, connect_start_ms: 0, connected_ms: 60, sent_ms: 60 }), id * 191),
    );
    expect(closed(1, rows)).toMatchObject({ kind: "steady", startMs: 0, endMs: 20 * 191 });
  });

  it("is not found where every place was taken only once", () => {
    const rows = closedLoop({ users: 16, requests: 16 });
    const window = closed(16, rows);
    expect(window.kind).toBe("whole_run");
    expect(window.startMs).toBe(0);
    expect(window.endMs).toBe(Math.max(...rows.map((row) => row.end_ms as number)));
    expect(window.why).toBe("while the level was full 1 requests finished, and 32 are needed");
    expect(windowDoubt(window)).toBe(`no_steady_window: ${window.why}`);
  });

  it("is not found where the target was never in flight", () => {
    expect(closed(16, closedLoop({ users: 8, requests: 200 })).why).toMatch(
      /never 16 requests in flight, 95 % of the target/,
    );
  });

  it("is not found where the level was mostly below its target", () => {
    const rows = Array.from({ length: 40 }, (_, id) => later(requestRow({ id }), id * 400));
    expect(closed(1, rows).why).toBe("in flight were 0.484 requests on average, of 1");
  });

  it("is not found where nothing was answered, nor where nothing was measured", () => {
    expect(closed(1, [failed()]).kind).toBe("whole_run");
    expect(closed(1, [requestRow({ phase: "warmup" })])).toEqual({
      kind: "whole_run",
      startMs: 0,
      endMs: 0,
      why: "nothing was measured",
    });
  });
});

describe("the steady window of an open loop", () => {
  it("goes from when the first requests could have ended to the last one wanted", () => {
    const rows = openLoop({ rate: 20, requests: 200, slots: 100, serviceMs: 500 });
    expect(open(20, rows)).toEqual({ kind: "steady", startMs: 500, endMs: 199 * 50, why: null });
  });

  it("is not found where requests come faster than they are answered", () => {
    const rows = openLoop({ rate: 20, requests: 200, slots: 5, serviceMs: 500 });
    expect(open(20, rows).why).toBe("requests came faster than they were answered");
  });

  it("is not found where all were sent before the first could have ended", () => {
    const rows = openLoop({ rate: 100, requests: 20, slots: 100, serviceMs: 500 });
    expect(open(100, rows).why).toBe("the last request was wanted before the first ones could have ended");
  });
});
