import { describe, expect, it } from "vitest";
import { fitting, pad, textWidth, wrap } from "./text-width.ts";

describe("the width of a text", () => {
  it.each([
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["—±░", 3],
    ["模型", 4],
    ["한글", 4],
    ["ＡＢ", 4],
    ["🦙", 2],
  ])("%s takes %d columns", (text, width) => expect(textWidth(text)).toBe(width));

  it("is what padding fills up", () => {
    expect(pad("模", 4, "left")).toBe("模  ");
    expect(pad("12", 4, "right")).toBe("  12");
    expect(pad("long", 2, "left")).toBe("long");
  });
});

describe("wrapping", () => {
  it("breaks at spaces", () => expect(wrap("one two three", 7)).toEqual(["one two", "three"]));

  it("breaks a word that is longer than a line, and goes on behind it", () => {
    expect(wrap("a abcdefgh b", 3)).toEqual(["a", "abc", "def", "gh", "b"]);
    expect(wrap("abcdef", 3)).toEqual(["abc", "def"]);
  });

  it("never splits a wide character", () => {
    expect(wrap("模型模型", 3)).toEqual(["模", "型", "模", "型"]);
    expect(fitting("模型", 3)).toBe("模");
  });

  it("of nothing is one empty line", () => expect(wrap("", 10)).toEqual([""]));
});
