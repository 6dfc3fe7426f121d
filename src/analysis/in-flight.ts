/** How many of a set of time spans are open at a time. */

export interface Span {
  startMs: number;
  endMs: number;
}

/** The span between two moments that both happened, or null. */
export function spanBetween(startMs: number | null, endMs: number | null): Span | null {
  return startMs === null || endMs === null ? null : { startMs, endMs };
}

/** When the number of open spans first reached `threshold`, and when it last fell below it. Null when it never did. */
export function crossings(spans: readonly Span[], threshold: number): Span | null {
  let up: number | null = null;
  let down: number | null = null;
  walk(spans, (open, before, atMs) => {
    if (up === null && open >= threshold) up = atMs;
    if (before >= threshold && open < threshold) down = atMs;
  });
  return spanBetween(up, down);
}

/** The time-weighted mean and the maximum of open spans within `window`, which has a length. */
export function meanAndMaxInFlight(spans: readonly Span[], window: Span): { mean: number; max: number } {
  const inside = spans.flatMap((span) => {
    const startMs = Math.max(span.startMs, window.startMs);
    const endMs = Math.min(span.endMs, window.endMs);
    return startMs < endMs ? [{ startMs, endMs }] : [];
  });
  let max = 0;
  walk(inside, (open) => (max = Math.max(max, open)));
  const openMs = inside.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return { mean: openMs / (window.endMs - window.startMs), max };
}

/** An end and a start at one moment are one slot handed on, so ends go first. */
function walk(spans: readonly Span[], visit: (open: number, before: number, atMs: number) => void): void {
  const starts = Float64Array.from(spans, (span) => span.startMs).sort();
  const ends = Float64Array.from(spans, (span) => span.endMs).sort();
  let open = 0;
  for (let start = 0, end = 0; end < ends.length;) {
    const startMs = starts[start] ?? Infinity;
    const endMs = ends[end] as number;
    const before = open;
    if (startMs < endMs) {
      open++;
      start++;
      visit(open, before, startMs);
    } else {
      open--;
      end++;
      visit(open, before, endMs);
    }
  }
}
