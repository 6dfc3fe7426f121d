/** A load level in progress as text: two lines that are drawn over and over, or one line for a log. Pure. */
import type { Progress } from "../load/progress.ts";
import { count, counted, decimal, duration, stopwatch } from "../report/format.ts";
import { paint } from "../report/paint.ts";
import { printable } from "../report/printable.ts";
import type { TextStyle } from "../report/text-style.ts";
import { fitting, textWidth } from "../report/text-width.ts";

/** Two lines, each narrower than the terminal, so that neither wraps. What does not fit is left out from the right. */
export function liveLines(progress: Progress, style: TextStyle): string[] {
  const width = style.width - 1;
  const { errors } = progress;
  const place = fitted(
    [levelName(progress), phaseNames[progress.phase], doneText(progress), timeText(progress)],
    width,
  );
  const space = width - textWidth(place) - 2;
  const bar = barText(progress, Math.min(20, space), style.unicode);
  const failed = counted(errors, "error");
  const figures = fitted([failed, `${count(progress.in_flight)} in flight`, ...rateTexts(progress)], width);
  return [
    bar === "" ? place : `${place}  ${bar}`,
    errors > 0 && figures.startsWith(failed)
      ? paint(failed, "bad", style.colour) + figures.slice(failed.length)
      : figures,
  ];
}

/** One line that stands for itself in a log. */
export function logLine(progress: Progress): string {
  const parts = [
    doneText(progress),
    `${count(progress.in_flight)} in flight`,
    counted(progress.errors, "error"),
    ...rateTexts(progress),
    timeText(progress),
  ];
  return `${levelName(progress)}, ${phaseNames[progress.phase]}: ${parts.filter((part) => part !== "").join(", ")}`;
}

/** What a level came to, once it is over: it stays above the next level's lines. */
export function doneLine(progress: Progress): string {
  const parts = [counted(progress.done, "request"), counted(progress.errors, "error"), ...rateTexts(progress)];
  return `${levelName(progress)}: ${parts.join(", ")}`;
}

const phaseNames: Record<Progress["phase"], string> = {
  connecting: "connecting",
  warmup: "warming up",
  measured: "measuring",
  drain: "letting requests finish",
  done: "done",
};

function levelName({ level, levels, label }: Progress): string {
  return levels === 1 ? printable(label) : `${level}/${levels} ${printable(label)}`;
}

function doneText({ done, total }: Progress): string {
  return `${total === null ? count(done) : `${count(done)}/${count(total)}`} done`;
}

function timeText(progress: Progress): string {
  const left = timeLeftMs(progress);
  const elapsed = stopwatch(progress.elapsed_ms);
  return left === null ? elapsed : `${elapsed}, ${stopwatch(left)} left`;
}

function rateTexts(progress: Progress): string[] {
  const { requests_per_s, output_tokens_per_s, token_events_per_s, ttft_p50_ms } = progress;
  const rates: [number | null, string][] = [
    [requests_per_s, "requests/s"],
    output_tokens_per_s === null ? [token_events_per_s, "events/s"] : [output_tokens_per_s, "tok/s"],
  ];
  return [
    ...rates.flatMap(([rate, unit]) => (rate === null ? [] : [`${decimal(rate)} ${unit}`])),
    ...(ttft_p50_ms === null ? [] : [`TTFT p50 ${duration(ttft_p50_ms)}`]),
  ];
}

/** Whichever end comes first: the last request, at the pace so far, or the phase's time. Null where neither is known. */
function timeLeftMs({ phase, done, total, elapsed_ms, duration_ms }: Progress): number | null {
  if (phase === "connecting" || phase === "done") return null;
  const ends = [
    ...(total === null || done === 0 ? [] : [(elapsed_ms * Math.max(0, total - done)) / done]),
    ...(duration_ms === null ? [] : [Math.max(0, duration_ms - elapsed_ms)]),
  ];
  return ends.length === 0 ? null : Math.min(...ends);
}

function barText({ done, total, elapsed_ms, duration_ms }: Progress, width: number, unicode: boolean): string {
  const parts = [
    ...(total === null || total === 0 ? [] : [done / total]),
    ...(duration_ms === null || duration_ms === 0 ? [] : [elapsed_ms / duration_ms]),
  ];
  if (width < 8 || parts.length === 0) return "";
  const full = Math.floor(Math.min(1, Math.max(...parts)) * width);
  return unicode ? "█".repeat(full) + "░".repeat(width - full) : "#".repeat(full) + ".".repeat(width - full);
}

/** As many of `parts`, from the left, as fit; the first one is cut where not even it does. */
function fitted(parts: readonly string[], width: number): string {
  let text = "";
  for (const part of parts.filter((each) => each !== "")) {
    const longer = text === "" ? fitting(part, width) : `${text}  ${part}`;
    if (textWidth(longer) > width) break;
    text = longer;
  }
  return text;
}
