// LangGraph: an agent with a tool that is an agent of its own, with a tool.
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { ChatOpenAI } from "@langchain/openai";
import { tool } from "@langchain/core/tools";
import * as z from "zod";
import { lookup } from "./tool.mjs";

// Not `streaming: true`: with that the package counts tokens itself, by a table that it loads from the internet.
const llm = new ChatOpenAI({ model: process.env.MODEL, maxTokens: 40, maxRetries: 0 });
const look = tool((input) => lookup(JSON.stringify(input)), {
  ...{ name: "lookup", description: "Looks something up.", schema: z.looseObject({}) },
});
const researcher = createReactAgent({ llm, tools: [look], prompt: "You research." });
const research = tool(
  async () => {
    const { messages } = await researcher.invoke({
      messages: [{ role: "user", content: "Find out what is in the box." }],
    });
    return String(messages.at(-1).content);
  },
  { name: "research", description: "Asks a researcher.", schema: z.looseObject({}) },
);
const agent = createReactAgent({ llm, tools: [research], prompt: "You answer." });
const question = { messages: [{ role: "user", content: "What is in the box?" }] };
for await (const _ of await agent.stream(question, { streamMode: "messages" }));
