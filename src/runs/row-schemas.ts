/** The schema of the rows of each of a run's files. */
import { artifact } from "./artifacts.ts";
import { AGENT_TRACE_SCHEMA } from "./schemas/agent-trace.ts";
import { CLIENT_SCHEMA } from "./schemas/client.ts";
import { GAPS_SCHEMA } from "./schemas/gaps.ts";
import { REQUEST_SCHEMA } from "./schemas/request.ts";
import { TEXT_SCHEMA } from "./schemas/text.ts";
import { TIMELINE_SCHEMA } from "./schemas/timeline.ts";

/** What run.json says of the row files. */
export const rowSchemas: Record<string, string> = {
  [artifact.requests]: REQUEST_SCHEMA,
  [artifact.gaps]: GAPS_SCHEMA,
  [artifact.client]: CLIENT_SCHEMA,
  [artifact.timeline]: TIMELINE_SCHEMA,
  [artifact.agentTrace]: AGENT_TRACE_SCHEMA,
  [artifact.text]: TEXT_SCHEMA,
};
