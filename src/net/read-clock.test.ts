import { expect, it } from "vitest";
import { monotonicMs } from "../clock.ts";
import { stampRead, takeReadDelays } from "./read-clock.ts";

function workFor(ms: number): void {
  const start = monotonicMs();
  while (monotonicMs() - start < ms);
}

async function afterTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

it("a read waits for the work on those before it in its turn, and the turn lasts for all of it", async () => {
  takeReadDelays();
  const first = stampRead();
  workFor(5);
  expect(stampRead() - first).toBeGreaterThanOrEqual(5);
  workFor(5);
  await afterTurn();
  const { waits, busy } = takeReadDelays();
  expect(waits).toMatchObject({ count: 2, min: 0 });
  expect(waits.max).toBeGreaterThanOrEqual(5000);
  expect(busy.count).toBe(1);
  expect(busy.max).toBeGreaterThanOrEqual(10_000);
});

it("the first read of a turn waits for nothing, however long ago the last turn was", async () => {
  stampRead();
  workFor(5);
  await afterTurn();
  takeReadDelays();
  stampRead();
  await afterTurn();
  expect(takeReadDelays().waits).toMatchObject({ count: 1, max: 0 });
});
