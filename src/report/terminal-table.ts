/** A table in columns of text, up to three lines of head, then its footnotes. Columns that do not fit are left out and named. */
import { type Cell, type Column, columnName, footnotes, type Table } from "./model.ts";
import { paint } from "./paint.ts";
import type { TextStyle } from "./text-style.ts";
import { fitting, pad, textWidth, wrap } from "./text-width.ts";

const gap = 2;
/** On each side of a group's name: a rule and a space, at least. */
const ruleWidth = 2;
const shortestName = 8;

export function tableLines(table: Table, style: TextStyle): string[] {
  const { shown, dropped } = fitColumns(table, style.width);
  const widths = columnWidths(shown);
  cutToFit(shown, widths, style.width);
  const notes = [
    ...footnotes(shown),
    ...(dropped.length === 0 ? [] : [`Not shown at this width: ${dropped.map(columnName).join(", ")}`]),
  ];
  return [
    ...headLines(shown.columns, widths, style),
    ...shown.rows.map((row) =>
      line(row.map((cell, place) => cellText(cell, shown.columns[place], widths[place] ?? 0, style))),
    ),
    ...notes.flatMap((note) => wrap(note, style.width)).map((text) => paint(text, "faint", style.colour)),
  ];
}

/** Leaves out the column with the highest `drop`, the rightmost of equals, until the rest fits or only 0 is left. */
function fitColumns(table: Table, width: number): { shown: Table; dropped: Column[] } {
  let shown = table;
  const dropped: Column[] = [];
  while (tableWidth(leastWidths(shown)) > width) {
    const order = shown.columns.map((column) => column.drop);
    const place = order.lastIndexOf(Math.max(...order));
    const column = shown.columns[place];
    if (column === undefined || column.drop === 0) break;
    dropped.unshift(column);
    shown = {
      columns: shown.columns.toSpliced(place, 1),
      rows: shown.rows.map((row) => row.toSpliced(place, 1)),
    };
  }
  return { shown, dropped };
}

function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
}

function columnWidths(table: Table): number[] {
  const widths = table.columns.map(({ label, unit }, place) =>
    Math.max(textWidth(label), textWidth(unit ?? ""), cellsWidth(table, place)),
  );
  widenForGroups(table.columns, widths);
  return widths;
}

function cellsWidth(table: Table, place: number): number {
  return Math.max(0, ...table.rows.map((row) => textWidth(row[place]?.text ?? "")));
}

/** The widths once every column of words is cut as far as it may be. */
function leastWidths(table: Table): number[] {
  return columnWidths(table).map((width, place) => Math.min(width, table.columns[place]?.least ?? width));
}

/** Takes what is still too much from the widest words: a cut name is still a name, a cut number is another number. */
function cutToFit(table: Table, widths: number[], width: number): void {
  const floors = table.columns.map(({ align }, place) => (align === "left" ? shortestName : cellsWidth(table, place)));
  for (let excess = tableWidth(widths) - width; excess > 0; excess = tableWidth(widths) - width) {
    const spare = widths.map((each, place) => each - (floors[place] ?? 0));
    const most = Math.max(...spare);
    if (most <= 0) return;
    const place = spare.indexOf(most);
    widths[place] = (widths[place] ?? 0) - Math.min(most, excess);
  }
}

/** Neighbours of one group stand under one head, which must fit over them. */
function widenForGroups(columns: readonly Column[], widths: number[]): void {
  for (const { group, from, to } of groupsOf(columns)) {
    if (group === null) continue;
    const missing = textWidth(group) + (to > from ? 2 * ruleWidth : 0) - spanWidth(widths, from, to);
    if (missing > 0) widths[to] = (widths[to] ?? 0) + missing;
  }
}

function groupsOf(columns: readonly Column[]): { group: string | null; from: number; to: number }[] {
  const groups: { group: string | null; from: number; to: number }[] = [];
  for (const [place, { group }] of columns.entries()) {
    const last = groups.at(-1);
    if (last !== undefined && group !== null && last.group === group) last.to = place;
    else groups.push({ group, from: place, to: place });
  }
  return groups;
}

function spanWidth(widths: readonly number[], from: number, to: number): number {
  return widths.slice(from, to + 1).reduce((sum, width) => sum + width, 0) + gap * (to - from);
}

function headLines(columns: readonly Column[], widths: readonly number[], style: TextStyle): string[] {
  const groups = groupsOf(columns).map(({ group, from, to }) => {
    const width = spanWidth(widths, from, to);
    return from === to ? fill(group ?? "", width, columns[from], style) : spanHead(group ?? "", width, style);
  });
  const row = (of: (column: Column) => string) =>
    columns.map((column, place) => fill(of(column), widths[place] ?? 0, column, style));
  return [groups, row((column) => column.label), row((column) => column.unit ?? "")]
    .map(line)
    .filter((text) => text !== "")
    .map((text) => paint(text, "faint", style.colour));
}

/** `── TTFT ──`, over several columns. */
function spanHead(group: string, width: number, style: TextStyle): string {
  const name = cut(group, width - 2, style);
  const space = width - textWidth(name) - 2;
  const rule = style.unicode ? "─" : "-";
  return `${rule.repeat(Math.floor(space / 2))} ${name} ${rule.repeat(Math.ceil(space / 2))}`;
}

function cellText(cell: Cell, column: Column | undefined, width: number, style: TextStyle): string {
  return paint(fill(cell.text, width, column, style), cell.tone, style.colour);
}

function fill(text: string, width: number, column: Column | undefined, style: TextStyle): string {
  return pad(cut(text, width, style), width, column?.align ?? "left");
}

function cut(text: string, width: number, style: TextStyle): string {
  const ellipsis = style.unicode ? "…" : "...";
  return textWidth(text) <= width ? text : fitting(text, width - ellipsis.length) + ellipsis;
}

function line(cells: readonly string[]): string {
  return cells.join(" ".repeat(gap)).trimEnd();
}
