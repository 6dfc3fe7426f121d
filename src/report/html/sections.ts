/** The parts of a view as HTML: sentences, tables, facts, notes. */
import {
  columnName,
  type Column,
  type Fact,
  footnotes,
  type Section,
  type Sentence,
  type Table,
  type Tone,
} from "../model.ts";
import { element, escaped } from "./markup.ts";

export function sentencesHtml(sentences: readonly Sentence[]): string {
  return sentences.map(({ text, tone }) => element("p", toned(tone), escaped(text))).join("\n");
}

/** @param chart what stands between the heading and the table. */
export function sectionHtml({ heading, table, facts, notes }: Section, chart = ""): string {
  return element(
    "section",
    {},
    heading === null ? "" : element("h2", {}, escaped(heading)),
    chart,
    table === null ? "" : tableHtml(table),
    facts.length === 0 ? "" : factsHtml(facts),
    ...notes.map((note) => element("p", { class: "note" }, escaped(note))),
  );
}

/** Columns of bars are for where nothing can be drawn. */
function tableHtml(table: Table): string {
  const places = table.columns.flatMap((column, place) => (column.bars === true ? [] : [place]));
  const columns = places.map((place) => table.columns[place] as Column);
  const head = columns.map((column) =>
    element("th", { scope: "col", class: column.align }, escaped(columnName(column))),
  );
  const rows = table.rows.map((cells) =>
    places.map((place, shown) => {
      const { text, tone } = cells[place] ?? { text: "" };
      const align = table.columns[place]?.align;
      const of = { class: [align, tone].filter(Boolean).join(" ") };
      return shown === 0 ? element("th", { scope: "row", ...of }, escaped(text)) : element("td", of, escaped(text));
    }),
  );
  const row = (cells: readonly string[]) => element("tr", {}, ...cells);
  const notes = footnotes(table).map((note) => element("p", { class: "note" }, escaped(note)));
  return (
    element(
      "div",
      { class: "table", tabindex: 0 },
      element("table", {}, element("thead", {}, row(head)), element("tbody", {}, ...rows.map(row))),
    ) + notes.join("")
  );
}

function factsHtml(facts: readonly Fact[]): string {
  return element(
    "dl",
    {},
    ...facts.map(({ label, text, tone, toCopy }) => {
      const shown = toCopy === true ? element("code", {}, escaped(text)) : escaped(text);
      return (label === "" ? "" : element("dt", {}, escaped(label))) + element("dd", toned(tone), shown);
    }),
  );
}

function toned(tone: Tone | undefined): { class?: string } {
  return tone === undefined ? {} : { class: tone };
}
