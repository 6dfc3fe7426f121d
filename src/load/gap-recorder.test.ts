import { describe, expect, it } from "vitest";
import { Histogram } from "../histogram.ts";
import { gapsRowSchema } from "../runs/schemas/gaps.ts";
import { createGapRecorder } from "./gap-recorder.ts";
import type { Wanted } from "./observation.ts";
import { replyAt } from "./outcome.fixture.ts";

const wanted: Wanted = { id: 0, level: 0, phase: "measured", intendedMs: 0, outputTokens: null };

describe("the gaps of ended requests", () => {
  it("fall into the second in which each of them ended", () => {
    const recorder = createGapRecorder(0);
    recorder.add(wanted, replyAt(900, [980, 990, 1010, 2500]));
    const rows = recorder.take();
    expect(rows.map((row) => [row.second, row.event_gap.count, row.assumed_one_token])).toEqual([
      [0, 1, 1],
      [1, 1, 1],
      [2, 1, 1],
    ]);
    for (const row of rows) expect(gapsRowSchema.parse(row)).toEqual(row);
  });

  it("are divided by and counted for every token of the event that ends them", () => {
    const recorder = createGapRecorder(0);
    recorder.add(wanted, replyAt(0, [100, 130], { tokensOfEvent: [1, 3] }));
    const [row] = recorder.take();
    expect(row).toMatchObject({
      event_gap: { count: 1, sum: 30_000 },
      itl: { count: 3, sum: 30_000, max: 10_000 },
      assumed_one_token: 0,
    });
  });

  it("are handed over once, and add up with what comes later", () => {
    const recorder = createGapRecorder(0);
    recorder.add(wanted, replyAt(0, [100, 110]));
    const first = recorder.take();
    recorder.add(wanted, replyAt(0, [100, 140]));
    const both = new Histogram();
    for (const row of [...first, ...recorder.take()]) both.mergeData(row.event_gap);
    expect(both).toMatchObject({ count: 2, min: 10_000, max: 40_000 });
    expect(recorder.take()).toEqual([]);
  });

  it("keep warm-up and levels apart", () => {
    const recorder = createGapRecorder(0);
    recorder.add({ ...wanted, phase: "warmup" }, replyAt(0, [1, 2]));
    recorder.add(wanted, replyAt(0, [1, 2]));
    recorder.add({ ...wanted, level: 1 }, replyAt(0, [1, 2]));
    expect(recorder.take().map(({ level, phase }) => `${level} ${phase}`)).toEqual([
      "0 warmup",
      "0 measured",
      "1 measured",
    ]);
  });
});
