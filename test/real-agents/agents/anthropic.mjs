// The Anthropic SDK: a loop with a tool, streamed, then a message that is not.
import Anthropic from "@anthropic-ai/sdk";
import { lookup } from "./tool.mjs";

const client = new Anthropic({ maxRetries: 0 });
const model = process.env.MODEL;
const tools = [{ name: "lookup", input_schema: { type: "object", properties: { key: { type: "string" } } } }];
const messages = [{ role: "user", content: "What is in the box? CANARY-USER" }];
for (;;) {
  const reply = await client.messages
    .stream({ model, system: "You look things up.", messages, tools, max_tokens: 60 })
    .finalMessage();
  messages.push({ role: "assistant", content: reply.content });
  const uses = reply.content.filter(({ type }) => type === "tool_use");
  if (uses.length === 0) break;
  const results = [];
  for (const { id, input } of uses)
    results.push({ type: "tool_result", tool_use_id: id, content: await lookup(JSON.stringify(input)) });
  messages.push({ role: "user", content: results });
}
await client.messages.create({ model, messages: [{ role: "user", content: "Thanks." }], max_tokens: 20 });
