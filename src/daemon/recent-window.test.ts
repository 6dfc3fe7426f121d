import { expect, it } from "vitest";
import type { HistoryEntry } from "../runs/history-codec.ts";
import { emptyInterval } from "../metrics/interval.ts";
import { createRecentWindow } from "./recent-window.ts";

/** Every third with other bounds, as of an engine that comes back as another. */
function entry(endMs: number): HistoryEntry {
  const interval = emptyInterval(0, endMs, 1000);
  const bounds = [endMs % 3, null];
  interval.histograms.set("ttft_ms", { histogram: { sum: 1, count: 1, bounds, counts: [0, 1] }, coveredMs: 1000 });
  return { kind: "interval", interval, offsets: {} };
}

it("holds the newest rows in memory of a fixed size, whole and in order", () => {
  const window = createRecentWindow(64 * 1024, 8);
  expect(window.span()).toBeNull();
  for (let i = 1; i <= 5000; i++) window.append(entry(i));
  const held = [...window.entries()];
  const firstMs = 5001 - held.length;
  expect(held.length).toBeGreaterThan(100);
  expect(held).toEqual(Array.from({ length: held.length }, (_, i) => entry(firstMs + i)));
  expect(window.span()).toEqual({ fromMs: firstMs, toMs: 5000 });
});

it("leaves out a row that is larger than one of its blocks", () => {
  const window = createRecentWindow(8 * 1024, 8);
  const large = emptyInterval(0, 2, 1000);
  for (let i = 0; i < 100; i++) large.counters.set(`counter_${i}`, { increase: i, coveredMs: 1 });
  window.append(entry(1));
  window.append({ kind: "interval", interval: large, offsets: {} });
  window.append(entry(3));
  expect([...window.entries()]).toEqual([entry(1), entry(3)]);
});
