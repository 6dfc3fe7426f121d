/** A view as Markdown (GitHub's tables), details included. Nothing in a view's text can start markup or HTML. */
import { columnName, type Fact, footnotes, type Section, type Table, type View } from "./model.ts";

export function markdownOf(view: View): string {
  const blocks = [
    `# ${escaped(view.title)}`,
    ...view.alerts.map(({ text }) => `> **${escaped(text)}**`),
    ...view.headline.map(({ text, tone }) => (tone === "strong" ? `**${escaped(text)}**` : escaped(text))),
    ...view.sections.flatMap(sectionBlocks),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function sectionBlocks(section: Section): string[] {
  return [
    ...(section.heading === null ? [] : [`## ${escaped(section.heading)}`]),
    ...(section.table === null ? [] : [tableBlock(section.table), ...footnotes(section.table).map(escaped)]),
    ...(section.facts.length === 0 ? [] : [section.facts.map(factLine).join("\n")]),
    ...section.notes.map(escaped),
  ];
}

function tableBlock({ columns, rows }: Table): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    row(columns.map((column) => escaped(columnName(column)))),
    row(columns.map((column) => (column.align === "right" ? "---:" : "---"))),
    ...rows.map((cells) => row(cells.map((cell) => escaped(cell.text.trim())))),
  ].join("\n");
}

function factLine({ label, text }: Fact): string {
  return label === "" ? `  - ${escaped(text)}` : `- **${escaped(label)}**: ${escaped(text)}`;
}

/** Backslashes before what CommonMark reads as markup inside a line, and before a block's first sign. */
function escaped(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|~&!]/g, (sign) => `\\${sign}`)
    .replace(
      /^(\s*)([#+-]|\d+[.)])(?=\s)/,
      (_, space: string, sign: string) => `${space}${sign.slice(0, -1)}\\${sign.at(-1)}`,
    );
}
