/**
 * A few lines at the bottom of a terminal that are drawn over and over. The cursor rests on the line below them and is
 * never hidden, so a process that dies leaves nothing to restore, and the shell's prompt lands under what was shown.
 */
import { unpainted } from "../report/paint.ts";
import { textWidth } from "../report/text-width.ts";

export interface LiveDisplay {
  /** Replaces what is shown. `columns` is the terminal's width now. */
  draw(lines: readonly string[], columns: number): void;
  clear(columns: number): void;
}

export function createLiveDisplay(write: (text: string) => void): LiveDisplay {
  let shown: readonly string[] = [];

  /** A terminal that was made narrower has wrapped the lines: they stand on more rows than they were. */
  const upAndErase = (columns: number): string => {
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(unpainted(line)) / columns)), 0);
    return rows === 0 ? "" : `\r\x1b[${rows}A\x1b[J`;
  };

  return {
    draw(lines, columns) {
      write(upAndErase(columns) + lines.map((line) => `${line}\n`).join(""));
      shown = lines;
    },
    clear(columns) {
      if (shown.length > 0) write(upAndErase(columns));
      shown = [];
    },
  };
}
