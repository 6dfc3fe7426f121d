import { describe, expect, it } from "vitest";
import { columnsOf, isDrawable, styleFor } from "./drawing.ts";

const terminal = { isTTY: true, columns: 100 };
const pipe = {};

describe("colour", () => {
  it.each([
    ["on a terminal", terminal, {}, true],
    ["in a pipe", pipe, {}, false],
    ["with NO_COLOR", terminal, { NO_COLOR: "1" }, false],
    ["with an empty NO_COLOR", terminal, { NO_COLOR: "" }, true],
    ["on a dumb terminal", terminal, { TERM: "dumb" }, false],
  ])("%s", (_, stream, env, colour) => expect(styleFor(stream, env).colour).toBe(colour));
});

describe("signs beyond ASCII", () => {
  it.each([
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "C" }, false],
    [{}, false],
    [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, false],
    [{ LC_ALL: "", LC_CTYPE: "de_DE.UTF-8", LANG: "C" }, true],
  ])("with %j", (env, unicode) => expect(styleFor(pipe, env).unicode).toBe(unicode));
});

describe("the width", () => {
  it("is the terminal's, within reason", () => {
    expect(styleFor(terminal, {}).width).toBe(100);
    expect(styleFor({ isTTY: true, columns: 400 }, {}).width).toBe(120);
    expect(styleFor({ isTTY: true, columns: 10 }, {}).width).toBe(40);
  });

  it("is that of COLUMNS in a pipe, and 80 where nobody says or what is said is nonsense", () => {
    expect(columnsOf(pipe, { COLUMNS: "132" })).toBe(132);
    for (const COLUMNS of ["", "wide", "-5", "0", "80.5"]) expect(columnsOf(pipe, { COLUMNS })).toBe(80);
    expect(columnsOf({ columns: 0 }, {})).toBe(80);
  });
});

describe("drawing over lines", () => {
  it("takes a terminal that understands it", () => {
    expect(isDrawable(terminal, { TERM: "xterm" })).toBe(true);
    expect(isDrawable(terminal, { TERM: "dumb" })).toBe(false);
    expect(isDrawable(pipe, { TERM: "xterm" })).toBe(false);
  });
});
