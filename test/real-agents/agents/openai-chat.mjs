// The openai package, chat completions: a loop with a tool, streamed; a changed question; the same request twice.
import OpenAI from "openai";
import { lookup } from "./tool.mjs";

const client = new OpenAI({ maxRetries: 0 });
const model = process.env.MODEL;
const tools = [
  {
    type: "function",
    function: { name: "lookup", parameters: { type: "object", properties: { key: { type: "string" } } } },
  },
];

async function ask(messages) {
  const stream = await client.chat.completions.create({
    ...{ model, messages, tools, max_completion_tokens: 40, stream: true, stream_options: { include_usage: true } },
  });
  const message = { role: "assistant", content: "", tool_calls: [] };
  for await (const { choices } of stream) {
    const delta = choices[0]?.delta ?? {};
    message.content += delta.content ?? "";
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      message.tool_calls[index] ??= { id, type: "function", function: { name: called.name, arguments: "" } };
      message.tool_calls[index].function.arguments += called.arguments ?? "";
    }
  }
  if (message.tool_calls.length === 0) delete message.tool_calls;
  return message;
}

const opening = [
  { role: "system", content: "You look things up. CANARY-SYSTEM" },
  { role: "user", content: "What is in the box? CANARY-USER" },
];
const messages = [...opening];
async function untilAnswered() {
  for (;;) {
    const message = await ask(messages);
    messages.push(message);
    if (message.tool_calls === undefined) return;
    for (const call of message.tool_calls)
      messages.push({ role: "tool", tool_call_id: call.id, content: await lookup(call.function.arguments) });
  }
}
await untilAnswered();
messages.push({ role: "user", content: "And below it?" });
await untilAnswered();

// Somebody edits the second question: the conversation branches.
await ask([...messages.slice(0, 5), { role: "user", content: "And beside it?" }]);
// The last request once more.
await ask([...messages.slice(0, 5), { role: "user", content: "And beside it?" }]);
