/**
 * What an agent says, is told, calls and is given lies in no file of its trace, in no report of it and in no payload. Words
 * are planted wherever something can be put in, on the agent's side and on the endpoint's, and looked for in every form.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatsOf } from "../../src/commands/report/formats.ts";
import type { TraceNode } from "../../src/runs/schemas/agent-trace.ts";
import { runCli, withTempHome } from "./cli.ts";
import { plantWords, wordsFoundIn } from "./planted-words.ts";

const { word, words } = plantWords(11);
/** What telemetry never shows, with any flag. */
const answers = new Map<string, string>();
const answer = (place: string) => {
  const given = word(place);
  answers.set(place, given);
  return given;
};

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const streamed = (delta: object, finish: string | null = null) =>
  event({ id: answer("a reply's id"), choices: [{ index: 0, delta, finish_reason: finish }] });

/** What the endpoint says to each request, in this order. */
const replies: { status?: number; type?: string; body: () => string }[] = [
  {
    body: () =>
      JSON.stringify({
        id: "c",
        choices: [
          {
            finish_reason: "tool_calls",
            message: {
              role: "assistant",
              content: answer("an output"),
              reasoning_content: answer("reasoning"),
              tool_calls: [
                {
                  id: "call_1",
                  type: "function",
                  function: { name: "read_file", arguments: `{"path":"${answer("an argument")}"}` },
                },
                {
                  id: "call_2",
                  type: "function",
                  function: { name: `/home/${answer("a name that is a path")}`, arguments: "{}" },
                },
              ],
            },
          },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 5 },
      }),
  },
  {
    type: "text/event-stream",
    body: () =>
      streamed({ role: "assistant", content: "" }) +
      streamed({ reasoning: answer("streamed reasoning") }) +
      streamed({ content: answer("a streamed output") }) +
      streamed({ tool_calls: [{ index: 0, id: answer("a call's id"), function: { name: "search", arguments: "" } }] }) +
      streamed({ tool_calls: [{ index: 0, function: { arguments: `{"q":"${answer("a streamed argument")}"}` } }] }) +
      streamed({}, answer("a finish reason")) +
      `: ${answer("a comment")}\n\ndata: [DONE]\n\n`,
  },
  {
    status: 400,
    body: () => JSON.stringify({ error: { message: answer("an error's words"), code: answer("an error's code") } }),
  },
  {
    type: "text/event-stream",
    body: () => streamed({ content: "x" }) + event({ error: { message: answer("an error in a stream") } }),
  },
  { type: "text/html", body: () => `<h1>${answer("a page")}</h1>` },
  {
    body: () =>
      JSON.stringify({
        ...{
          type: "message",
          role: "assistant",
          stop_reason: "tool_use",
          usage: { input_tokens: 3, output_tokens: 2 },
        },
        content: [
          { type: "thinking", thinking: answer("a thought"), signature: answer("a signature") },
          {
            type: "tool_use",
            id: "toolu_1",
            name: "edit",
            input: { [answer("a member of an argument")]: answer("its value") },
          },
        ],
      }),
  },
];

/** The agent: it takes what it says from a file beside it, so that its command line holds none of it. */
const agent = `
import { readFileSync } from "node:fs";
const { requests } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { path, headers, body } of requests) {
  const reply = await fetch(process.env.ANTHROPIC_BASE_URL + path, { method: "POST", headers, body: JSON.stringify(body) });
  await reply.text();
}`;

function requestsOf() {
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer sk-${word("a key")}`,
    "x-agent": word("a header"),
    "user-agent": word("the agent's name"),
  };
  const tools = [
    {
      type: "function",
      function: { name: "read_file", description: word("a description"), parameters: { [word("a parameter")]: {} } },
    },
  ];
  const messages = [
    { role: "system", content: word("a system prompt") },
    {
      role: "user",
      content: [
        { type: "text", text: word("what the user said") },
        { type: "image_url", image_url: { url: `data:${word("an image")}` } },
      ],
    },
  ];
  const back = [
    { role: "assistant", content: word("a reply that was changed"), tool_calls: [] },
    { role: "tool", tool_call_id: "call_1", content: `{"x":"${word("a result")}"}` },
    { role: "user", content: word("what the user said then"), name: word("the user's name") },
  ];
  const chat = (body: object) => ({
    path: `/v1/chat/completions?api-version=${word("a query")}`,
    headers,
    body: { ...body, user: word("a user") },
  });
  return [
    chat({
      model: `/models/${word("a model that is a path")}`,
      messages,
      tools,
      metadata: { [word("metadata")]: word("its value") },
    }),
    chat({ model: "m", stream: true, messages: [...messages, ...back], tools }),
    chat({ model: "m", messages: [{ role: "user", content: word("a question that fails") }] }),
    chat({ model: "m", stream: true, messages: [{ role: "user", content: "x" }] }),
    chat({ model: "m", messages: [{ role: "user", content: "y" }], stop: [word("a stop")] }),
    {
      path: "/v1/messages",
      headers: { ...headers, "x-api-key": `sk-ant-${word("another key")}` },
      body: {
        max_tokens: 9,
        system: word("another prompt"),
        messages: [{ role: "user", content: word("another user") }],
      },
    },
  ];
}

let origin = "";
let served = 0;
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const { status = 200, type = "application/json", body } = replies[served++ % replies.length] ?? { body: () => "" };
    response.writeHead(status, { "content-type": type, "x-request-id": answer("a reply's header") });
    response.end(body());
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

interface Traced {
  run(...args: string[]): Promise<string>;
  directory: string;
}

/** Traces the agent, and gives its run to look at. */
function traced(flags: string[], use: (traced: Traced) => Promise<void>): Promise<void> {
  return withTempHome(async (home) => {
    writeFileSync(join(home, "agent.mjs"), agent);
    writeFileSync(join(home, "say.json"), JSON.stringify({ requests: requestsOf() }));
    const env = {
      [`X_${word("a variable's name")}`]: word("a variable"),
      OPENAI_API_KEY: `sk-${word("a key of the environment")}`,
    };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCli(args, { home, env });
      expect({ args: args.slice(0, 2), code, stderr: code === 0 ? "" : stderr }).toMatchObject({ code: 0 });
      return stdout + stderr;
    };
    served = 0;
    const said = await run("trace", "--endpoint", origin, ...flags, "--", process.execPath, "agent.mjs", "say.json");
    expect(served).toBe(replies.length);
    expect(wordsFoundIn(said, words)).toEqual([]);
    const runs = join(home, "inferguard-runs");
    await use({ run, directory: join(runs, readdirSync(runs)[0] ?? "") });
  });
}

const filesOf = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [name: string, text: string] => [
      entry.name,
      readFileSync(join(entry.parentPath, entry.name), "latin1"),
    ]);

describe("a word planted wherever an agent or an endpoint says something", () => {
  it(
    "lies in no file of the run, and in no report, export or payload",
    () =>
      traced([], async ({ run, directory }) => {
        const files = filesOf(directory);
        expect(files.map(([name]) => name)).toContain("agent-trace.jsonl");
        for (const [name, text] of files) expect([name, wordsFoundIn(text, words)]).toEqual([name, []]);
        const nodes = readFileSync(join(directory, "agent-trace.jsonl"), "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as TraceNode);
        // The agent was followed all the same.
        expect(nodes.flatMap((node) => (node.kind === "tool_call" ? [node.name] : []))).toEqual([
          "read_file",
          null,
          "search",
          "edit",
        ]);
        expect(nodes.flatMap((node) => (node.kind === "model_call" ? [node.status] : []))).toEqual([
          "ok",
          "ok",
          "error",
          "error",
          "ok",
          "ok",
        ]);
        for (const format of formatsOf.trace)
          expect([format, wordsFoundIn(await run("report", directory, "--format", format), words)]).toEqual([
            format,
            [],
          ]);
        expect(wordsFoundIn(await run("telemetry", "verify-payload", directory), words)).toEqual([]);
        expect(words.size).toBeGreaterThan(40);
      }),
    60_000,
  );

  it(
    "is in text.jsonl alone with --save-text, and what was answered is shown by no flag of telemetry",
    () =>
      traced(["--save-text"], async ({ run, directory }) => {
        const found = Object.fromEntries(
          filesOf(directory).map(([name, text]) => [name, wordsFoundIn(text, words).length]),
        );
        expect(found["text.jsonl"]).toBeGreaterThan(10);
        expect({ ...found, "text.jsonl": 0 }).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, 0])));
        const shown = await run("telemetry", "verify-payload", directory, "--show-prompts");
        const prompts = wordsFoundIn(shown, words);
        expect(prompts).toEqual(expect.arrayContaining(["a system prompt: plain", "what the user said: plain"]));
        expect(wordsFoundIn(shown, answers)).toEqual([]);
        expect(prompts.filter((place) => /^a (result|key|header|reply)/.test(place))).toEqual([]);
      }),
    60_000,
  );
});
