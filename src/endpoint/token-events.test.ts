import { expect, it } from "vitest";
import { TokenEvents } from "./token-events.ts";

it("every event of a reply of any length is kept, and none that was not added", () => {
  const events = new TokenEvents();
  for (let index = 0; index < 5000; index++) events.add(index + 0.125, index % 7);
  expect(events).toHaveLength(5000);
  for (let index = 0; index < 5000; index++) {
    expect(events.msAt(index)).toBe(index + 0.125);
    expect(events.tokensAt(index)).toBe(index % 7);
  }
  expect([events.msAt(5000), events.tokensAt(5000), new TokenEvents().msAt(0)]).toEqual([NaN, NaN, NaN]);
});

it("events that were cleared are gone, and those of another reply are its own", () => {
  const first = new TokenEvents();
  first.add(1, 2);
  first.clear();
  const second = new TokenEvents();
  second.add(3, 4);
  const third = new TokenEvents();
  third.add(5, 6);
  expect([first.length, first.msAt(0), second.msAt(1)]).toEqual([0, NaN, NaN]);
  expect([second.msAt(0), second.tokensAt(0), third.msAt(0), third.tokensAt(0)]).toEqual([3, 4, 5, 6]);
  first.add(7, 8);
  expect([first.length, first.msAt(0), second.msAt(0)]).toEqual([1, 7, 3]);
});
