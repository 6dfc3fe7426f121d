import { describe, expect, it } from "vitest";
import { createLiveDisplay } from "./live-display.ts";

/** A terminal just clever enough: text, line feeds, carriage returns, cursor up, erase below. It wraps at its width. */
function screen(columns: number) {
  const rows: string[] = [""];
  let row = 0;
  let column = 0;
  const put = (character: string) => {
    if (column === columns) {
      row++;
      column = 0;
    }
    rows[row] = (rows[row] ?? "").padEnd(column).slice(0, column) + character + (rows[row] ?? "").slice(column + 1);
    column++;
  };
  return {
    rows,
    write(text: string) {
      for (const [part, up] of text.replaceAll("\x1b", "␛").matchAll(/␛\[(?:(\d+)A|J|\d*m)|\r|\n|[^]/gu)) {
        if (up !== undefined) row -= Number(up);
        else if (part === "\r") column = 0;
        else if (part === "\n") [row, column] = [row + 1, 0];
        else if (part.endsWith("J")) rows.splice(row, Infinity, (rows[row] ?? "").slice(0, column));
        else if (!part.endsWith("m")) put(part);
        rows[row] ??= "";
      }
    },
  };
}

describe("the live display", () => {
  it("draws over what it drew and leaves what stood above", () => {
    const { rows, write } = screen(20);
    write("$ bench\n");
    const display = createLiveDisplay(write);
    display.draw(["one", "two and more"], 20);
    display.draw(["three", "four"], 20);
    expect(rows).toEqual(["$ bench", "three", "four", ""]);
  });

  it("leaves no trace", () => {
    const { rows, write } = screen(20);
    write("$ bench\n");
    const display = createLiveDisplay(write);
    display.draw(["one", "\x1b[31mtwo\x1b[0m"], 20);
    display.clear(20);
    display.clear(20);
    expect(rows).toEqual(["$ bench", ""]);
  });

  it("takes away the ^C that a terminal echoes below it", () => {
    const { rows, write } = screen(20);
    const display = createLiveDisplay(write);
    display.draw(["one", "two"], 20);
    write("^C");
    display.clear(20);
    expect(rows).toEqual([""]);
  });

  it("erases every row that its lines take after the terminal was made narrower", () => {
    const { rows, write } = screen(10);
    write("$ bench\n");
    const display = createLiveDisplay(write);
    // Drawn at 20 columns, re-wrapped by the terminal at 10.
    display.draw(["fifteen letters", "short"], 20);
    expect(rows).toEqual(["$ bench", "fifteen le", "tters", "short", ""]);
    display.draw(["new"], 10);
    expect(rows).toEqual(["$ bench", "new", ""]);
  });

  it("never hides the cursor: a killed process leaves a terminal that works", () => {
    const written: string[] = [];
    const display = createLiveDisplay((text) => written.push(text));
    display.draw(["a"], 20);
    display.draw(["b"], 20);
    display.clear(20);
    expect(written.length).toBe(3);
    expect(written.join("")).not.toContain("\x1b[?");
  });
});
