// The openai package: the list of models, a response, a completion, embeddings, a chat that is not streamed.
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const model = process.env.MODEL;
for await (const served of client.models.list()) if (served.id !== model) throw new Error(served.id);
const first = await client.responses.create({ model, input: "Say something.", max_output_tokens: 30 });
const events = await client.responses.create({
  ...{ model, stream: true, max_output_tokens: 30 },
  input: [
    { role: "user", content: "Say something." },
    { role: "assistant", content: first.output_text },
    { role: "user", content: "Say more." },
  ],
});
for await (const event of events) if (event.type === "error") throw new Error(event.message);
await client.completions.create({ model, prompt: "Once upon a time", max_tokens: 20 });
await client.embeddings.create({ model, input: ["one", "two"] });
await client.chat.completions.create({ model, messages: [{ role: "user", content: "Hello." }], max_tokens: 20 });
