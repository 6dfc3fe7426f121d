/** What of a long outline is shown: its beginning, its end, and what stands out. The rest is folded, and counted. */
import type { OutlineRow } from "../../analysis/trace/outline.ts";

export type ShownRow = { folded: null; row: OutlineRow } | { folded: OutlineRow[]; row: null };

/** @param most rows that are shown; an outline that is not longer is shown whole. */
export function fold(rows: readonly OutlineRow[], most: number): ShownRow[] {
  if (rows.length <= most) return rows.map((row) => ({ folded: null, row }));
  const standsOut = outstanding(rows, Math.floor(most / 4));
  const first = Math.floor(most / 2);
  const last = rows.length - Math.floor(most / 6);
  const shown: ShownRow[] = [];
  let folded: OutlineRow[] = [];
  const close = () => {
    if (folded.length > 0) shown.push({ folded, row: null });
    folded = [];
  };
  for (const [place, row] of rows.entries()) {
    if (place >= first && place < last && !standsOut.has(row)) {
      folded.push(row);
      continue;
    }
    close();
    shown.push({ folded: null, row });
  }
  close();
  return shown;
}

/** Failures and what is no plain turn, in their order; then what took longest. */
function outstanding(rows: readonly OutlineRow[], most: number): ReadonlySet<OutlineRow> {
  const marked = rows.filter(({ node, role }) => role !== null || failed(node));
  const longest = rows.toSorted((a, b) => lengthMs(b) - lengthMs(a)).slice(0, Math.max(1, Math.floor(most / 3)));
  return new Set([...longest, ...marked].slice(0, most));
}

function lengthMs({ node }: OutlineRow): number {
  return (node.end_ms ?? node.start_ms) - node.start_ms;
}

/** A call that failed or was broken off; a tool whose result says so. */
export function failed(node: OutlineRow["node"]): boolean {
  return node.kind === "model_call" ? node.status !== "ok" : node.result_kind === "error";
}
