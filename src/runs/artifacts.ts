/** The names of a run's files, and the schema of each one's rows. Nothing else in the project spells them. */
import { AGENT_TRACE_SCHEMA } from "./schemas/agent-trace.ts";
import { CLIENT_SCHEMA } from "./schemas/client.ts";
import { GAPS_SCHEMA } from "./schemas/gaps.ts";
import { REQUEST_SCHEMA } from "./schemas/request.ts";
import { TEXT_SCHEMA } from "./schemas/text.ts";
import { TIMELINE_SCHEMA } from "./schemas/timeline.ts";

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

/** What run.json says of the row files. */
export const rowSchemas: Record<string, string> = {
  [artifact.requests]: REQUEST_SCHEMA,
  [artifact.gaps]: GAPS_SCHEMA,
  [artifact.client]: CLIENT_SCHEMA,
  [artifact.timeline]: TIMELINE_SCHEMA,
  [artifact.agentTrace]: AGENT_TRACE_SCHEMA,
  [artifact.text]: TEXT_SCHEMA,
};
