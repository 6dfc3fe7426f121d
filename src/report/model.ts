/**
 * What a reader is shown, before it is a terminal's lines, Markdown or a page: words and numbers that are already text.
 * Every form of the report renders this and adds nothing, so that no two of them can disagree.
 */

/** How a text is meant, not how it looks. */
export type Tone = "strong" | "good" | "warn" | "bad" | "faint";

export interface View {
  title: string;
  /** What must not be overlooked: a synthetic run, an interrupted one, figures that cannot be trusted. */
  alerts: Sentence[];
  /** The answer in a few words. Empty when it is withheld; then an alert says why. */
  headline: Sentence[];
  sections: Section[];
}

export interface Sentence {
  text: string;
  tone?: Tone;
}

export interface Section {
  heading: string | null;
  /** `detail`: for a page; a terminal leaves it out. */
  depth: "summary" | "detail";
  table: Table | null;
  facts: Fact[];
  notes: string[];
}

/** A line with a name: `Requests  400 measured, 2 failed`. */
export interface Fact {
  label: string;
  text: string;
  tone?: Tone;
  /** It holds a path or a command that is there to be copied: no word of it is broken, however narrow the terminal. */
  toCopy?: true;
}

export interface Table {
  columns: Column[];
  rows: Cell[][];
}

export interface Column {
  /** What this column and its neighbours are parts of: `TTFT` over `p50` and `p99`. */
  group: string | null;
  label: string;
  unit: string | null;
  align: "left" | "right";
  /** The columns with the highest number go first where the page is too narrow; 0 stays. */
  drop: number;
  /** Words that may be cut to this width before a column goes. */
  least?: number;
  /** Bars made of signs: where something better can be drawn, they are left out. */
  bars?: true;
}

export interface Cell {
  text: string;
  tone?: Tone;
  /** Why there is no number, or why it is not simply measured. `mark` is the sign in `text` that the reader looks up. */
  note?: { mark: string; text: string };
}

/** The notes of a table's cells, each said once, by mark: what stands under the table. */
export function footnotes(table: Table): string[] {
  const byMark = new Map<string, Set<string>>();
  for (const { note } of table.rows.flat()) {
    if (note === undefined) continue;
    const texts = byMark.get(note.mark) ?? new Set();
    byMark.set(note.mark, texts.add(note.text));
  }
  return [...byMark].map(([mark, texts]) =>
    [mark, legend[mark], [...texts].sort().join("; ")].filter(Boolean).join(" "),
  );
}

/** What a mark means, where its notes do not say it all. */
const legend: Record<string, string> = { "~": "inferred:", "?": "not proven:" };

/** A column's name in one line: `TTFT p50 (ms)`. */
export function columnName(column: Column): string {
  const name = [column.group, column.label].filter((part) => part !== null && part !== "").join(" ");
  return column.unit === null ? name : `${name} (${column.unit})`;
}
