/** What a run was doing at each moment: a model call, else a tool, else neither. */
import type { OutlineRow } from "./outline.ts";

export interface Stretch {
  fromMs: number;
  toMs: number;
  doing: "model" | "tool" | "neither";
}

/** From 0 to `wallMs`, without a gap; neighbours differ. A tool without a result has no known end, and counts for nothing. */
export function stretchesOf(rows: readonly Pick<OutlineRow, "node">[], wallMs: number): Stretch[] {
  const edges = rows.flatMap(({ node: { kind, start_ms, end_ms } }) =>
    end_ms === null || start_ms >= wallMs
      ? []
      : [
          { atMs: start_ms, kind, by: 1 },
          { atMs: Math.min(end_ms, wallMs), kind, by: -1 },
        ],
  );
  edges.sort((a, b) => a.atMs - b.atMs || b.by - a.by);
  const under = { model_call: 0, tool_call: 0 };
  const doing = (): Stretch["doing"] => (under.model_call > 0 ? "model" : under.tool_call > 0 ? "tool" : "neither");
  const stretches: Stretch[] = [];
  let fromMs = 0;
  const close = (toMs: number, what: Stretch["doing"]) => {
    if (toMs > fromMs) stretches.push({ fromMs, toMs, doing: what });
    fromMs = Math.max(fromMs, toMs);
  };
  for (const { atMs, kind, by } of edges) {
    const before = doing();
    under[kind] += by;
    if (doing() !== before) close(atMs, before);
  }
  close(wallMs, doing());
  return stretches;
}

/**
 * The same in `cells` of equal length, neighbours that are alike put together: what each cell has at its middle. A drawing
 * of a long run would else be made of thousands of pieces that nobody can see.
 */
export function coarse(stretches: readonly Stretch[], wallMs: number, cells: number): Stretch[] {
  if (stretches.length <= cells) return [...stretches];
  const width = wallMs / cells;
  const merged: Stretch[] = [];
  let place = 0;
  for (let cell = 0; cell < cells; cell++) {
    const middle = (cell + 0.5) * width;
    while (place < stretches.length - 1 && (stretches[place]?.toMs ?? wallMs) <= middle) place++;
    const doing = stretches[place]?.doing ?? "neither";
    const last = merged.at(-1);
    if (last?.doing === doing) last.toMs = (cell + 1) * width;
    else merged.push({ fromMs: cell * width, toMs: (cell + 1) * width, doing });
  }
  return merged;
}
