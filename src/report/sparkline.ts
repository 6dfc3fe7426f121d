/** A course in a line of text: one character for each point, as high as its value. */

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
/** Nothing is known there: not a zero. */
const gap = "·";

/** @param top the value of the highest bar; the largest point unless given. The lowest is zero. */
export function sparkline(points: readonly (number | null)[], top?: number): string {
  const highest = top ?? Math.max(0, ...points.filter((point) => point !== null));
  return points
    .map((point) => {
      if (point === null) return gap;
      const place = highest > 0 ? Math.round((point / highest) * (bars.length - 1)) : 0;
      return bars[Math.min(bars.length - 1, Math.max(0, place))];
    })
    .join("");
}
