/** What a reader must know beside the numbers, and what should be here and is not. */
import type { Summary } from "../runs/schemas/summary.ts";
import type { Fact } from "./model.ts";
import { printable } from "./printable.ts";

const longestNote = 1000;

export function noteFacts(summary: Summary): Fact[] {
  return [
    ...summary.notes
      .filter(({ code }) => !Object.hasOwn(saidElsewhere, code))
      // Under the throughput of a single level; a sweep has no such table.
      .filter(({ code }) => code !== "NO_STEADY_WINDOW" || summary.levels.length > 1)
      .map(({ text }) => ({ label: "Note", text: printable(text, longestNote) })),
    ...missingFacts(summary.missing),
  ];
}

/** What should be here and is not. */
export function missingFacts(missing: Summary["missing"]): Fact[] {
  return missing.map(({ what, why }): Fact => ({
    label: "Missing",
    text: `${printable(what)}: ${printable(why)}`,
    tone: "warn",
  }));
}

/** The text of the note with this code; null when the run has none. */
export function noteText({ notes }: Summary, code: string): string | null {
  const note = notes.find((each) => each.code === code);
  return note === undefined ? null : printable(note.text, longestNote);
}

/** Notes whose matter the report says where it belongs. */
const saidElsewhere = {
  SYNTHETIC: "the alerts",
  NOT_COMPLETED: "the alerts",
  CLIENT_LIMITED: "the alerts, with the reasons at Client",
  CLIENT_DEGRADED: "Client",
  CLIENT_UNKNOWN: "Client",
  FEW_SAMPLES: "under the tables, and the next steps",
};
