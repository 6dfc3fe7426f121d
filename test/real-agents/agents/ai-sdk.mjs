// Vercel's AI SDK: its own loop, once whole and once streamed.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, stepCountIs, streamText, tool } from "ai";
import * as z from "zod";
import { lookup } from "./tool.mjs";

const provider = createOpenAICompatible({
  ...{ name: "endpoint", baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY, includeUsage: true },
});
const model = provider(process.env.MODEL);
const tools = {
  lookup: tool({
    description: "Looks something up.",
    inputSchema: z.looseObject({}),
    execute: (input) => lookup(JSON.stringify(input)),
  }),
};
const settings = { model, tools, stopWhen: stepCountIs(4), maxOutputTokens: 40, maxRetries: 0 };
await generateText({ ...settings, prompt: "What is in the box?" });
const streamed = streamText({ ...settings, prompt: "What is on the shelf?" });
await streamed.consumeStream({
  onError: (error) => {
    throw error;
  },
});
