import { describe, expect, it } from "vitest";
import { createHistoryClock } from "./watch-clock.ts";
import { createVirtualClock } from "./virtual-clock.fixture.ts";

const wall = Date.UTC(2026, 0, 1);

async function pass(clock: ReturnType<typeof createVirtualClock>, ms: number) {
  const slept = clock.sleep(ms);
  clock.advance();
  await slept;
}

describe("the time of a history", () => {
  it("is the wall clock's at the start, and never goes back, whatever the wall clock does", async () => {
    const clock = createVirtualClock(wall);
    const history = createHistoryClock(clock, 0);
    expect(history.nowMs()).toBe(wall);
    await pass(clock, 1000);
    clock.setWall(-3_600_000);
    expect(history.step()).toEqual({ stepMs: -3_600_000, wallMs: wall + 1000 - 3_600_000 });
    expect(history.step()).toBeNull();
    expect(history.nowMs()).toBe(wall + 1000);
    expect(history.wallTime(history.nowMs()).getTime()).toBe(clock.wallMs());
    clock.setWall(3_600_000);
    expect(history.step()?.stepMs).toBe(3_600_000);
    expect(history.state()).toEqual({ steps: 2, offsetMs: 0 });
  });

  it("does not take a clock that is slewed for one that steps", async () => {
    const clock = createVirtualClock(wall);
    const history = createHistoryClock(clock, 0);
    for (let i = 0; i < 60; i++) {
      await pass(clock, 1000);
      clock.setWall(100);
      expect(history.step()).toBeNull();
    }
    expect(history.state()).toEqual({ steps: 0, offsetMs: 6000 });
  });

  it("begins where the history before it ended, when the wall clock was set back in between", () => {
    const clock = createVirtualClock(wall);
    const history = createHistoryClock(clock, wall + 5000);
    expect(history.nowMs()).toBe(wall + 5000);
    expect(history.wallTime(history.nowMs()).getTime()).toBe(wall);
  });
});
