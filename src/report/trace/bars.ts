/** Bars of text. Signs that have a spelling in ASCII (src/report/printable.ts). */

/** A stretch of the run in a bar. */
export interface Stretch {
  fromMs: number;
  toMs: number;
  kind: "model" | "tool";
}

const signs = { model: "█", tool: "▓", nothing: "░" } as const;

/** When, within the run: `░░███▓▓░`. What took no time to speak of still gets one sign; of two in one place, the model's stays. */
export function timelineBar(stretches: readonly Stretch[], wallMs: number, width: number): string {
  const bar = Array.from({ length: width }, (): string => signs.nothing);
  const place = (ms: number) => (wallMs <= 0 ? 0 : (Math.min(ms, wallMs) / wallMs) * width);
  for (const { fromMs, toMs, kind } of stretches) {
    const from = Math.min(width - 1, Math.floor(place(fromMs)));
    const to = Math.max(from + 1, Math.round(place(toMs)));
    for (let at = from; at < to; at++) if (bar[at] !== signs.model) bar[at] = signs[kind];
  }
  return bar.join("");
}

/** A share of 1: `███░░░`. */
export function shareBar(share: number, width: number, kind: Stretch["kind"] = "model"): string {
  const full = Math.min(width, Math.max(share > 0 ? 1 : 0, Math.round(share * width)));
  return signs[kind].repeat(full) + signs.nothing.repeat(width - full);
}
