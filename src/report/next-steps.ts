/** Where the run lies, and what a person would do next. Only commands and flags that exist are named. */
import type { Summary } from "../runs/schemas/summary.ts";
import { counted, moment } from "./format.ts";
import type { Fact } from "./model.ts";
import { printable } from "./printable.ts";

export interface RunPlace {
  /** The run's directory, as the user would type it. */
  path: string;
  /** What follows `inferguard report` to name this run. */
  argument: string;
}

export function nextSteps(summary: Summary, place: RunPlace): Fact[] {
  const steps = [
    ...(summary.target.kind === "mimic"
      ? ["inferguard bench --endpoint URL loads a server of your own"]
      : tailStep(summary)),
    `inferguard report ${printable(place.argument, 1000)} shows this again; --format md or csv to pass it on`,
    "inferguard runs list shows every run",
  ];
  return [
    { label: "Started", text: moment(printable(summary.started_at)) },
    { label: "Run", text: printable(place.path, 1000), toCopy: true },
    ...steps.map((text, line): Fact => ({ label: line === 0 ? "Next" : "", text, toCopy: true })),
  ];
}

/** A run too short for its tail is told how long is long enough. */
function tailStep({ levels, status }: Summary): string[] {
  const tails = levels.map((level) => level.latency.ttft).filter((ttft) => ttft.samples > 0);
  const needs = Math.max(0, ...tails.filter((ttft) => ttft.p99.value === null).map((ttft) => ttft.p99.needs));
  if (needs === 0 || status === "running") return [];
  return [
    `a p99 of TTFT takes ${counted(needs, "answered request")}${levels.length > 1 ? " at each level" : ""}: --requests ${needs}`,
  ];
}
