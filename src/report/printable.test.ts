import { describe, expect, it } from "vitest";
import { ascii, printable, printableLines } from "./printable.ts";

describe("text from outside", () => {
  it.each([
    ["a colour", "\x1b[31mred", "\\x1b[31mred"],
    ["a new title", "\x1b]0;owned\x07", "\\x1b]0;owned\\x07"],
    ["an eight-bit escape", "\u009b2J", "\\x9b2J"],
    ["a carriage return", "good\rbad", "good\\x0dbad"],
    ["a line feed and a tab", "a\nb\tc", "a\\x0ab\\x09c"],
    ["a reversed reading direction", "gpt\u202Etxt", "gpt\\u{202e}txt"],
    ["an invisible space", "a\u200bb", "a\\u{200b}b"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
    ["a private character", "\u{f0000}", "\\u{f0000}"],
  ])("with %s shows it and does nothing", (_, hostile, shown) => expect(printable(hostile)).toBe(shown));

  it("keeps names as people write them", () => {
    for (const name of ["meta-llama/Llama-3.1-8B", "模型-7b", "modèle é", "🦙"]) expect(printable(name)).toBe(name);
  });

  it("is cut when it is long, in whole characters", () => {
    expect(printable("🦙".repeat(300))).toBe(`${"🦙".repeat(199)}…`);
  });

  it("of several lines keeps its lines and nothing else that moves the cursor", () => {
    expect(printableLines("a\r\nb\n\x1b[2Jc")).toBe("a\nb\n\\x1b[2Jc");
  });
});

describe("ASCII", () => {
  it("spells the report's own signs and escapes the rest", () => {
    expect(ascii("p99 — ± … 模")).toBe("p99 - +/- ... \\u{6a21}");
  });
});
