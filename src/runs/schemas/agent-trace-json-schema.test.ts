/** What is published of the rows' schema, held to it. To bring it up to date: `npx vitest run src/runs/schemas/agent-trace-json-schema.test.ts -u`. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { prettyJson } from "../../json.ts";
import { agentTraceJsonSchema } from "./agent-trace-json-schema.ts";

it("the schema of a trace's rows is published as it is", async () => {
  const path = join(import.meta.dirname, "../../../docs/agent-trace/v1/agent-trace.schema.json");
  await expect(prettyJson(agentTraceJsonSchema())).toMatchFileSnapshot(path);
});
