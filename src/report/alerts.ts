/** What must not be overlooked, said before any number. */
import type { Summary } from "../runs/schemas/summary.ts";
import { count } from "./format.ts";
import type { Sentence } from "./model.ts";
import { noteText } from "./notes.ts";
import { printable } from "./printable.ts";

export function alertsOf(summary: Summary): Sentence[] {
  return [...claimAlert(summary), ...statusAlert(summary), ...clientAlert(summary)];
}

export function claimAlert({ claim, claim_why }: Pick<Summary, "claim" | "claim_why">): Sentence[] {
  if (claim === "measured") return [];
  const why = claim_why ?? "the reason was not recorded";
  return [{ text: `${claim.replace("_", " ").toUpperCase()}: ${printable(why)}`, tone: "warn" }];
}

function statusAlert(summary: Summary): Sentence[] {
  const { status } = summary;
  if (status === "completed") return [];
  const why = noteText(summary, "NOT_COMPLETED") ?? "the numbers are of the requests that had ended";
  return [{ text: `${status.toUpperCase()}: ${why}`, tone: status === "failed" ? "bad" : "warn" }];
}

function clientAlert({ headline, client: { reasons } }: Summary): Sentence[] {
  if (headline) return [];
  const [first = "the load generator was its own limit", ...others] = reasons;
  const more = others.length === 0 ? "" : ` (and ${count(others.length)} more, at Client)`;
  return [
    {
      text: `CLIENT LIMITED, no headline: ${printable(first)}${more}. The figures below may be the load generator's and not the server's`,
      tone: "bad",
    },
  ];
}
