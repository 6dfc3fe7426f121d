/** The names of a run's files. Nothing else in the project spells them. */

export const artifact = {
  run: "run.json",
  noiseSeed: "noise.seed",
  requests: "requests.jsonl",
  gaps: "gaps.jsonl",
  client: "client.jsonl",
  timeline: "timeline.jsonl",
  agentTrace: "agent-trace.jsonl",
  scrapes: "scrapes",
  /** What a daemon has watched: segments of rows, named in history-segments.ts. */
  history: "history",
  egress: "egress.json",
  summary: "summary.json",
  text: "text.jsonl",
  /** Disk space kept back while the run goes on, so that a full disk still leaves room for its end. */
  reserve: ".reserve",
} as const;
