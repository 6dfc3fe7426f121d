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
