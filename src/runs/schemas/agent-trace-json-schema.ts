/** The schema of a row of agent-trace.jsonl as it is published, for readers that are not this program. */
import * as z from "zod";
import { AGENT_TRACE_SCHEMA, agentTraceRowSchema } from "./agent-trace.ts";

/** As in docs/agent-trace/v1/agent-trace.schema.json. It lets members pass that it does not know, as a reader should. */
export function agentTraceJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(agentTraceRowSchema, { io: "input" });
  return { $schema, title: `${AGENT_TRACE_SCHEMA}: one line of agent-trace.jsonl`, ...schema };
}
