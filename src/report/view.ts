/**
 * A run's summary as a view: what is said, in which order. Pure: the same summary gives the same view on any machine.
 */
import type { Summary } from "../runs/schemas/summary.ts";
import { alertsOf } from "./alerts.ts";
import { clientFacts } from "./client-facts.ts";
import { egressFacts } from "./egress-facts.ts";
import { requestFacts } from "./request-facts.ts";
import { tokensFacts } from "./token-facts.ts";
import { engineSections } from "./engine.ts";
import { headlineOf } from "./headline.ts";
import { latencySection } from "./latency.ts";
import { levelsSection } from "./levels.ts";
import type { Fact, Section, View } from "./model.ts";
import { noteFacts } from "./notes.ts";
import { nextSteps, type RunPlace } from "./next-steps.ts";
import { printable } from "./printable.ts";
import { throughputSection } from "./throughput.ts";

/** @param place where the run lies; null when there is no directory to go back to. */
export function viewOf(summary: Summary, place: RunPlace | null): View {
  const { levels } = summary;
  const sweep = levels.length > 1;
  const sections: Section[] = [
    ...(sweep ? [levelsSection(levels)] : []),
    ...levels.flatMap((level) => [latencySection(level, sweep), throughputSection(level, sweep)]),
    ...engineSections(levels),
    factsSection([
      ...requestFacts(levels),
      ...tokensFacts(levels),
      ...clientFacts(summary.client),
      ...egressFacts(summary.egress),
    ]),
    factsSection(noteFacts(summary)),
    factsSection(place === null ? [] : nextSteps(summary, place)),
  ];
  return {
    title: titleOf(summary),
    alerts: alertsOf(summary),
    headline: headlineOf(summary),
    sections: sections
      .filter((section) => section.table !== null || section.facts.length > 0 || section.notes.length > 0)
      .map((section) => (summary.claim === "synthetic" ? withSyntheticHeading(section) : section)),
  };
}

function titleOf({ name, target }: Summary): string {
  const what = `${printable(target.model)} at ${printable(target.origin + target.path)}`;
  return name === null ? what : `${printable(name)}: ${what}`;
}

/** A table that is copied out of its report still says that its numbers are not a server's. */
function withSyntheticHeading(section: Section): Section {
  if (section.table === null || section.heading === null) return section;
  return { ...section, heading: `${section.heading} (synthetic)` };
}

function factsSection(facts: Fact[]): Section {
  return { heading: null, depth: "summary", table: null, facts, notes: [] };
}
