import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.ts";
import { backlogOf } from "./backlog.ts";
import { closedLoop, concurrency, constantRate, levelOf, openLoop } from "./rows.fixture.ts";

const growing = (slots: number) => {
  const rows = openLoop({ rate: 20, requests: 400, slots, serviceMs: 500 });
  return backlogOf(levelOf(constantRate(20), rows))?.grows;
};

describe("a backlog", () => {
  it("grows where the server takes less than the rate, by a twentieth or more", () => {
    // Ten slots of 500 ms take exactly 20 requests a second.
    expect(growing(5)).toBe(true);
    expect(growing(9)).toBe(true);
    expect(growing(10)).toBe(false);
    expect(growing(20)).toBe(false);
  });

  it("is not seen in latencies that only vary", () => {
    const runs = Array.from({ length: 200 }, (_, run) => {
      const random = seededRandom(`noise ${run}`);
      const rows = openLoop({ rate: 20, requests: 80, slots: 100, serviceMs: 500 }).map((row) => {
        const end = (row.end_ms as number) + 300 * random.exponential();
        return { ...row, end_ms: end };
      });
      return backlogOf(levelOf(constantRate(20), rows))?.grows;
    });
    expect(runs.filter(Boolean).length).toBeLessThanOrEqual(10);
  });

  it("does not exist in a closed loop", () => {
    expect(backlogOf(levelOf(concurrency(4), closedLoop({ users: 4, requests: 100 })))).toBeNull();
  });
});
