/** When progress is shown: redrawn on a terminal, said now and then elsewhere. */
import type { Progress } from "../load/progress.ts";
import type { TextStyle } from "../report/text-style.ts";
import type { LiveDisplay } from "./live-display.ts";
import { doneLine, liveLines, logLine } from "./progress-line.ts";

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Takes the live lines away; what comes next may use the screen. */
  end(): void;
}

const redrawMs = 200;
const logMs = 5000;

/** @param sink `live` is null where lines cannot be drawn over. */
export function createProgressDisplay(sink: {
  live: LiveDisplay | null;
  writeLine: (line: string) => void;
  style: () => TextStyle;
  now: () => number;
}): ProgressDisplay {
  const { live, writeLine, style, now } = sink;
  let shownAt = -Infinity;
  let phaseShown = "";

  const showLive = (display: LiveDisplay, progress: Progress, newPhase: boolean) => {
    const drawing = style();
    if (progress.phase === "done") {
      display.clear(drawing.width);
      if (newPhase && progress.levels > 1) writeLine(doneLine(progress));
    } else if (now() - shownAt >= redrawMs) {
      display.draw(liveLines(progress, drawing), drawing.width);
      shownAt = now();
    }
  };

  const showInLog = (progress: Progress, newPhase: boolean) => {
    if (!newPhase && now() - shownAt < logMs) return;
    writeLine(progress.phase === "done" ? doneLine(progress) : logLine(progress));
    shownAt = now();
  };

  return {
    show(progress) {
      const phase = `${progress.level} ${progress.phase}`;
      const newPhase = phase !== phaseShown;
      phaseShown = phase;
      if (live === null) showInLog(progress, newPhase);
      else showLive(live, progress, newPhase);
    },
    end: () => live?.clear(style().width),
  };
}
