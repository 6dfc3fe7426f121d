/**
 * A view as lines of text for a terminal or a pipe. Pure. No line is wider than asked, none ends in a space, and the
 * words are the same with and without colour.
 */
import { paint } from "./paint.ts";
import type { Fact, Section, Sentence, View } from "./model.ts";
import { ascii } from "./printable.ts";
import { tableLines } from "./terminal-table.ts";
import type { TextStyle } from "./text-style.ts";
import { pad, textWidth, wrap } from "./text-width.ts";

export function terminalLines(view: View, style: TextStyle): string[] {
  const shown = style.unicode ? view : inAscii(view);
  const labels = shown.sections.flatMap((section) => section.facts.map((fact) => textWidth(fact.label)));
  const factIndent = Math.max(0, ...labels) + 2;
  const blocks = [
    sentenceLines([{ text: shown.title, tone: "strong" }, ...shown.alerts], style),
    sentenceLines(shown.headline, style),
    ...shown.sections
      .filter((section) => section.depth === "summary")
      .map((section) => sectionLines(section, factIndent, style)),
  ].filter((block) => block.length > 0);
  return blocks.flatMap((block, place) => (place === 0 ? block : ["", ...block]));
}

function sectionLines(section: Section, factIndent: number, style: TextStyle): string[] {
  return [
    ...(section.heading === null ? [] : sentenceLines([{ text: section.heading, tone: "strong" }], style)),
    ...(section.table === null ? [] : tableLines(section.table, style)),
    ...section.facts.flatMap((fact) => factLines(fact, factIndent, style)),
    ...sentenceLines(
      section.notes.map((text): Sentence => ({ text, tone: "faint" })),
      style,
    ),
  ];
}

function sentenceLines(sentences: readonly Sentence[], style: TextStyle): string[] {
  return sentences.flatMap(({ text, tone }) => wrap(text, style.width).map((line) => paint(line, tone, style.colour)));
}

function factLines({ label, text, tone, toCopy }: Fact, indent: number, style: TextStyle): string[] {
  return wrap(text, style.width - indent, { whole: toCopy === true }).map(
    (line, place) =>
      `${paint(pad(place === 0 ? label : "", indent, "left"), "faint", style.colour)}${paint(line, tone, style.colour)}`,
  );
}

/** The same view in ASCII: every text of it, so that widths are counted on what is printed. */
function inAscii<Part>(part: Part): Part {
  if (typeof part === "string") return ascii(part) as Part;
  if (Array.isArray(part)) return part.map(inAscii) as Part;
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, inAscii(value)])) as Part;
}
