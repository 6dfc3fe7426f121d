/** What the progress of one level is told from, counted while it runs. Figures are of answered requests, as in the report. */
import { Histogram } from "../histogram.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { Progress } from "./progress.ts";

export interface LevelTally {
  readonly startMs: number;
  /** Requests that ended, in whatever way. */
  readonly done: Readonly<Record<RequestRow["phase"], number>>;
  noteTokenEvent(): void;
  noteFirstToken(ttftMs: number): void;
  noteEnded(row: RequestRow): void;
  figures(nowMs: number): Pick<Progress, RateName | "errors" | "ttft_p50_ms">;
}

type RateName = "requests_per_s" | "output_tokens_per_s" | "token_events_per_s";

export function startLevelTally(startMs: number): LevelTally {
  const done = { warmup: 0, measured: 0 };
  const ttft = new Histogram();
  const counted = { tokens: 0, events: 0 };
  let answered = 0;
  let uncounted = 0;
  let errors = 0;
  let tokenEvents = 0;

  return {
    startMs,
    done,
    noteTokenEvent() {
      tokenEvents++;
    },
    noteFirstToken(ttftMs) {
      ttft.record(Math.max(0, ttftMs));
    },
    noteEnded({ phase, status, events, output_tokens }) {
      done[phase]++;
      if (status === "error") errors++;
      if (status !== "ok") {
        tokenEvents -= events;
        return;
      }
      answered++;
      if (output_tokens === null) uncounted++;
      else {
        counted.tokens += output_tokens;
        counted.events += events;
      }
    },
    figures(nowMs) {
      const seconds = (nowMs - startMs) / 1000;
      const eventsPerS = tokenEvents === 0 ? null : tokenEvents / seconds;
      // An event can carry several tokens: how many, only the counts of replies that have ended say.
      const tokensPerEvent = uncounted > 0 || counted.events === 0 ? null : counted.tokens / counted.events;
      return {
        errors,
        requests_per_s: answered === 0 ? null : answered / seconds,
        output_tokens_per_s: eventsPerS === null || tokensPerEvent === null ? null : eventsPerS * tokensPerEvent,
        token_events_per_s: eventsPerS,
        ttft_p50_ms: ttft.count === 0 ? null : ttft.quantile(0.5),
      };
    },
  };
}
