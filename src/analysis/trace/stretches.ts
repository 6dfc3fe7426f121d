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
