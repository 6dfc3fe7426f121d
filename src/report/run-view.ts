/** One run as a view: its manifest, and the files that it consists of. Pure: from what was read, not from the disk. */
import type { Run } from "../runs/schemas/run.ts";
import { bytes, count, moment } from "./format.ts";
import { headlineOf } from "./headline.ts";
import type { Column, Fact, Section, View } from "./model.ts";
import { printable } from "./printable.ts";
import { planFacts } from "./plan-facts.ts";
import { type ListedRun, statusTones } from "./runs-list.ts";

/** A file of a run; `rows` where it is one of rows. */
export interface RunFile {
  name: string;
  bytes: number;
  rows: number | null;
}

/** @param path the run's directory, as the user would type it. */
export function runView({ name, run, unreadable, summary }: ListedRun, files: readonly RunFile[], path: string): View {
  const facts: Fact[] =
    run === null ? [{ label: "Unreadable", text: printable(unreadable, 1000), tone: "bad" }] : manifestFacts(run);
  return {
    title: printable(name),
    alerts: [],
    headline: summary === null ? [] : headlineOf(summary),
    sections: [
      section({ facts: [...facts, { label: "Path", text: printable(path, 1000), toCopy: true }] }),
      ...(files.length === 0 ? [] : [section({ heading: "Files", table: filesTable(files) })]),
      ...(run === null ? [] : [section({ facts: [{ label: "Next", text: `inferguard report ${printable(name)}` }] })]),
    ],
  };
}

function manifestFacts(run: Run): Fact[] {
  const { plan, versions } = run;
  const because = (text: string, why: string | null) => (why === null ? text : `${text}: ${printable(why)}`);
  const ended = run.ended_at === null ? "" : `, ended ${moment(run.ended_at)}`;
  return [
    ...(run.name === null ? [] : [{ label: "Name", text: printable(run.name) }]),
    { label: "Status", text: because(run.status, run.status_reason), tone: statusTones[run.status] },
    { label: "Time", text: `started ${moment(run.started_at)}${ended}` },
    ...planFacts(plan),
    ...(run.claim === "measured"
      ? []
      : [{ label: "Claim", text: because(run.claim, run.claim_why), tone: "warn" as const }]),
    {
      label: "Made by",
      text: printable(`inferguard ${versions.inferguard}, Node ${versions.node}, ${versions.platform}`),
    },
    ...(run.saved_text
      ? [{ label: "Text", text: "prompts and replies were kept, by --save-text", tone: "warn" as const }]
      : []),
    ...run.missing.map(({ what, why }): Fact => ({
      label: "Missing",
      text: `${printable(what)}: ${printable(why)}`,
      tone: "warn",
    })),
  ];
}

function filesTable(files: readonly RunFile[]): Section["table"] {
  const column = (label: string, align: Column["align"]): Column => ({
    group: null,
    label,
    unit: null,
    align,
    drop: 0,
  });
  return {
    columns: [column("file", "left"), column("size", "right"), column("rows", "right")],
    rows: files.map((file) => [
      { text: printable(file.name) },
      { text: bytes(file.bytes) },
      { text: file.rows === null ? "" : count(file.rows) },
    ]),
  };
}

function section(part: Partial<Section>): Section {
  return { heading: null, depth: "summary", table: null, facts: [], notes: [], ...part };
}
