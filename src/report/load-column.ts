/**
 * The load levels as a column. The words that every level's load begins or ends with stand once, in the head:
 * `concurrency` over 1, 2, 4.
 */
import type { LevelSummary } from "../runs/schemas/summary.ts";
import type { Cell, Column } from "./model.ts";
import { printable } from "./printable.ts";

export function loadColumn(levels: readonly LevelSummary[]): { column: Column; cells: Cell[] } {
  const loads = levels.map((level) => printable(level.load).split(" "));
  const shortest = Math.min(...loads.map((words) => words.length));
  const before = agreeing(shortest - 1, (place) => loads.map((words) => words[place]));
  const after = agreeing(shortest - 1 - before, (place) => loads.map((words) => words[words.length - 1 - place]));
  const first = loads[0] ?? [];
  const shared = [...first.slice(0, before), ...first.slice(first.length - after)];
  const cells = loads.map((words) => ({
    text: words.slice(before, words.length - after).join(" "),
  }));
  const numbers = cells.every(({ text }) => /^[\d.,]+$/.test(text));
  // In two lines, so that `requests/s (poisson)` over a few digits does not take the place of a column.
  const [group = null, ...rest] = shared.length > 1 ? shared : [null, ...shared];
  return {
    column: { group, label: rest.join(" ") || "load", unit: null, align: numbers ? "right" : "left", drop: 0 },
    cells,
  };
}

/** How many places, from 0 on and at most `most`, hold the same word in every load. */
function agreeing(most: number, wordsAt: (place: number) => (string | undefined)[]): number {
  let places = 0;
  while (places < most && new Set(wordsAt(places)).size === 1) places++;
  return places;
}
