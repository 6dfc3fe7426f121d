/**
 * What a reader must know beside the numbers. A note is a code, which is public and never reused, and the levels that it
 * is true of, with what was seen there. docs/metrics.md has an entry for every code.
 */
import type { BenchRun } from "../runs/schemas/run.ts";
import type { ClientHealth, LevelSummary } from "../runs/schemas/summary.ts";
import type { LevelRows } from "./level-rows.ts";
import { levelNotes } from "./level-notes.ts";

export interface Note {
  code: string;
  text: string;
}

export function notesOf(
  run: BenchRun,
  levels: readonly { rows: LevelRows; summary: LevelSummary }[],
  client: ClientHealth,
): Note[] {
  const ofLevels = levelNotes.flatMap(({ code, text, seen }) => {
    const details = levels.flatMap(({ rows, summary }) => {
      const detail = seen(rows, summary, run);
      return detail === null ? [] : [levels.length === 1 ? detail : `${rows.label}: ${detail}`];
    });
    return details.length === 0 ? [] : [{ code, text: `${text} (${details.join("; ")})` }];
  });
  return [...notesOfRun(run), ...notesOfClient(client), ...ofLevels];
}

function notesOfRun({ claim, claim_why, plan, saved_text, status, status_reason }: BenchRun): Note[] {
  const notes: Note[] = [];
  if (claim === "synthetic")
    notes.push({
      code: "SYNTHETIC",
      text: claim_why ?? "every number comes from the built-in simulated engine and says nothing of a real server",
    });
  if (plan.target.insecure)
    notes.push({
      code: "INSECURE_TLS",
      text: "certificates were not checked (--insecure): anyone between could have answered",
    });
  if (plan.target.proxy !== undefined)
    notes.push({
      code: "THROUGH_PROXY",
      text: `every connection went through the proxy ${plan.target.proxy} (--proxy): what it adds is in every figure`,
    });
  if (saved_text)
    notes.push({ code: "TEXT_SAVED", text: "prompts and outputs are in this run's directory (--save-text)" });
  if (status !== "completed") {
    const why = status_reason === null ? "" : `: ${status_reason}`;
    notes.push({
      code: "NOT_COMPLETED",
      text: `the run is ${status}${why}; the numbers are of the requests that had ended`,
    });
  }
  return notes;
}

const clientNotes: Record<Exclude<ClientHealth["verdict"], "ok">, Note> = {
  limited: {
    code: "CLIENT_LIMITED",
    text: "the load generator was its own limit: the figures may be its own and not the server's, so there is no headline",
  },
  degraded: { code: "CLIENT_DEGRADED", text: "the load generator's own work can be seen in the figures" },
  unknown: { code: "CLIENT_UNKNOWN", text: "whether the load generator's own work is in the figures is not known" },
};

function notesOfClient({ verdict, reasons }: ClientHealth): Note[] {
  if (verdict === "ok") return [];
  const { code, text } = clientNotes[verdict];
  return [{ code, text: reasons.length === 0 ? text : `${text} (${reasons.join("; ")})` }];
}
