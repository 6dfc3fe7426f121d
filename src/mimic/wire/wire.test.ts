import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../mimic.fixture.ts";
import { startQuick } from "../mimic.fixture.ts";
import type { RunningMimic } from "../start.ts";

let mimic: RunningMimic;
beforeAll(async () => {
  mimic = await startQuick();
});
afterAll(() => mimic.close());

interface NamedEvent {
  event: string | undefined;
  data: Record<string, unknown>;
}

/** Events with their names; the name must be the data's own type. */
async function namedEvents(path: string, body: object, fault = ""): Promise<NamedEvent[]> {
  const answer = await ask(mimic.port, path, { ...body, stream: true }, { "x-mimic-fault": fault });
  expect(answer.status).toBe(200);
  const events = answer.body
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { event, data: JSON.parse(data ?? "null") as Record<string, unknown> };
    });
  for (const { event, data } of events) expect(data["type"]).toBe(event);
  return events;
}

async function whole(path: string, body: object, fault = ""): Promise<Record<string, unknown>> {
  const answer = await ask(mimic.port, path, body, { "x-mimic-fault": fault });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as Record<string, unknown>;
}

const namesOf = (events: readonly NamedEvent[]) => events.map(({ event }) => event);
const joined = (events: readonly NamedEvent[], name: string, field = "delta") =>
  events
    .filter(({ event }) => event === name)
    .map(({ data }) => String(data[field]))
    .join("");

const responseOf = (events: readonly NamedEvent[]) =>
  events.at(-1)?.data["response"] as { output: Record<string, unknown>[]; usage: unknown } | undefined;

const tool = { type: "function", name: "search_files", parameters: { type: "object", properties: {} } };

describe("the Responses API", () => {
  const path = "/v1/responses";
  const body = { model: "quick-model", input: "say four words", max_output_tokens: 4, ignore_eos: true };

  it("streams a message as numbered events, from created to the end", async () => {
    const events = await namedEvents(path, body);
    const delta = "response.output_text.delta";
    expect(namesOf(events)).toEqual([
      ...["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"],
      ...[delta, delta, delta, delta],
      ...[
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
      ],
    ]);
    expect(events.map(({ data }) => data["sequence_number"])).toEqual(events.map((_, i) => i));
    const text = joined(events, delta);
    expect(text.split(" ")).toHaveLength(4);
    expect(events.at(-1)?.data["response"]).toMatchObject({
      object: "response",
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text, annotations: [] }] }],
      usage: { input_tokens: 6, output_tokens: 4, total_tokens: 10, output_tokens_details: { reasoning_tokens: 0 } },
    });
  });

  it("gives the same without streaming, and completes what ends by itself", async () => {
    const reply = await whole(path, { ...body, ignore_eos: false, max_output_tokens: 500 });
    expect(reply).toMatchObject({ object: "response", status: "completed", incomplete_details: null, error: null });
    expect(reply["output"]).toMatchObject([{ type: "message", status: "completed" }]);
  });

  it("streams reasoning as an item of its own before the message", async () => {
    const events = await namedEvents(path, body, "reasoning-then-content");
    expect(joined(events, "response.reasoning_text.delta").split(" ")).toHaveLength(2);
    expect(joined(events, "response.output_text.delta").split(" ")).toHaveLength(2);
    const response = responseOf(events);
    expect(response?.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(response?.usage).toMatchObject({ output_tokens_details: { reasoning_tokens: 2 } });
  });

  it("calls a tool that is offered, and speaks once it has been answered", async () => {
    const events = await namedEvents(path, { ...body, max_output_tokens: 8, tools: [tool] });
    const args = joined(events, "response.function_call_arguments.delta");
    expect(JSON.parse(args)).toEqual({ query: expect.stringMatching(/^\w+( \w+)*$/) as string });
    const call = responseOf(events)?.output[0];
    expect(call).toMatchObject({ type: "function_call", name: "search_files", arguments: args });
    const answered = [
      { role: "user", content: "look it up" },
      call,
      { type: "function_call_output", call_id: call?.["call_id"], output: "found" },
    ];
    const reply = await whole(path, { ...body, input: answered, tools: [tool] });
    expect(reply["output"]).toMatchObject([{ type: "message" }]);
  });

  it("without its end, without usage and with an error in mid-stream when told to", async () => {
    expect(namesOf(await namedEvents(path, body, "no-done")).at(-1)).toBe("response.output_item.done");
    const quiet = await namedEvents(path, body, "usage-never");
    expect(responseOf(quiet)?.usage).toBeNull();
    const failed = await namedEvents(path, body, "error-in-200=2");
    expect(namesOf(failed).slice(-3)).toEqual(["response.output_text.delta", "response.output_text.delta", "error"]);
  });
});

describe("Anthropic's Messages API", () => {
  const path = "/v1/messages";
  const body = {
    model: "quick-model",
    max_tokens: 4,
    ignore_eos: true,
    system: "be short",
    messages: [{ role: "user", content: [{ type: "text", text: "say four words" }] }],
  };

  it("streams a message as blocks between message_start and message_stop", async () => {
    const events = await namedEvents(path, body);
    const delta = "content_block_delta";
    expect(namesOf(events)).toEqual([
      ...["message_start", "ping", "content_block_start"],
      ...[delta, delta, delta, delta],
      ...["content_block_stop", "message_delta", "message_stop"],
    ]);
    expect(events[0]?.data["message"]).toMatchObject({
      ...{ type: "message", role: "assistant", content: [], stop_reason: null },
      usage: { input_tokens: 10, cache_read_input_tokens: 0, output_tokens: 1 },
    });
    expect(events[3]?.data).toMatchObject({
      index: 0,
      delta: { type: "text_delta", text: expect.any(String) as string },
    });
    expect(events.at(-2)?.data).toMatchObject({ delta: { stop_reason: "max_tokens" }, usage: { output_tokens: 4 } });
  });

  it("gives the same without streaming", async () => {
    const reply = await whole(path, { ...body, ignore_eos: false, max_tokens: 500 });
    expect(reply).toMatchObject({ type: "message", stop_reason: "end_turn", content: [{ type: "text" }] });
  });

  it("thinks in a block of its own, which it signs", async () => {
    const events = await namedEvents(path, body, "reasoning-then-content");
    const blocks = events
      .filter(({ event }) => event === "content_block_start")
      .map(({ data }) => data["content_block"]);
    expect(blocks).toMatchObject([{ type: "thinking" }, { type: "text" }]);
    const deltas = events.filter(({ event }) => event === "content_block_delta").map(({ data }) => data["delta"]);
    expect(deltas).toMatchObject([
      ...[{ type: "thinking_delta" }, { type: "thinking_delta" }, { type: "signature_delta" }],
      ...[{ type: "text_delta" }, { type: "text_delta" }],
    ]);
  });

  it("uses a tool that is offered, and speaks once it has its result", async () => {
    const tools = [{ name: "search_files", input_schema: { type: "object" } }];
    const events = await namedEvents(path, { ...body, max_tokens: 8, tools });
    const start = events.find(({ event }) => event === "content_block_start");
    expect(start?.data["content_block"]).toMatchObject({ type: "tool_use", name: "search_files", input: {} });
    const deltas = events.filter(({ event }) => event === "content_block_delta").map(({ data }) => data["delta"]);
    const json = deltas.map((delta) => (delta as { partial_json: string }).partial_json).join("");
    const reply = await whole(path, { ...body, max_tokens: 8, tools });
    expect(reply).toMatchObject({ stop_reason: "tool_use", content: [{ type: "tool_use", name: "search_files" }] });
    expect(Object.keys(JSON.parse(json) as object)).toEqual(["query"]);
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "found" }] };
    const turns = [...body.messages, { role: "assistant", content: reply["content"] }, result];
    expect((await whole(path, { ...body, messages: turns, tools }))["content"]).toMatchObject([{ type: "text" }]);
  });

  it("says what is wrong in Anthropic's shape, whole and in mid-stream", async () => {
    const answer = await ask(mimic.port, path, { ...body, max_tokens: undefined });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      400,
      { type: "error", error: { type: "invalid_request_error", message: "max_tokens is required" } },
    ]);
    const limited = await ask(mimic.port, path, body, { "x-mimic-fault": "http-429" });
    expect(limited.body).toContain('"type":"rate_limit_error"');
    const failed = await namedEvents(path, body, "error-in-200=1");
    expect(failed.at(-1)?.data).toMatchObject({ type: "error", error: { type: "api_error" } });
  });
});

describe("the Embeddings API", () => {
  const path = "/v1/embeddings";

  it("gives each input a vector of length one, the same for the same text", async () => {
    const reply = await whole(path, { model: "quick-model", input: ["one two", "three", "one two"], dimensions: 8 });
    const data = reply["data"] as { index: number; embedding: number[] }[];
    expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 8],
      [1, 8],
      [2, 8],
    ]);
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 5);
    expect(data[2]?.embedding).toEqual(data[0]?.embedding);
    expect(data[1]?.embedding).not.toEqual(data[0]?.embedding);
    expect(reply["usage"]).toEqual({ prompt_tokens: 5, total_tokens: 5, completion_tokens: 0 });
  });

  it("gives the same numbers as base64", async () => {
    const body = { input: "one two", dimensions: 4 };
    const plain = await whole(path, body);
    const coded = await whole(path, { ...body, encoding_format: "base64" });
    const text = (coded["data"] as { embedding: string }[])[0]?.embedding ?? "";
    const bytes = Buffer.from(text, "base64");
    const numbers = Array.from({ length: 4 }, (_, i) => bytes.readFloatLE(4 * i));
    expect(numbers).toEqual((plain["data"] as { embedding: number[] }[])[0]?.embedding);
  });

  it("refuses what is no input", async () => {
    for (const input of [undefined, [], [{}], 7]) expect((await ask(mimic.port, path, { input })).status).toBe(400);
  });
});

describe("tool calls in chat", () => {
  const path = "/v1/chat/completions";
  const messages = [{ role: "user", content: "look it up" }];
  const tools = [{ type: "function", function: { name: "search_files", parameters: {} } }];

  it("come when tools are offered, and end the loop when they are answered", async () => {
    const first = await whole(path, { messages, tools, max_tokens: 8 });
    const [choice] = first["choices"] as {
      finish_reason: string;
      message: { tool_calls: { id: string; function: object }[] };
    }[];
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    expect(choice?.message.tool_calls[0]).toMatchObject({ type: "function", function: { name: "search_files" } });
    const answer = { role: "tool", tool_call_id: choice?.message.tool_calls[0]?.id, content: "found" };
    const second = await whole(path, { messages: [...messages, choice?.message, answer], tools, max_tokens: 8 });
    expect(second["choices"]).toMatchObject([{ message: { content: expect.any(String) as string } }]);
  });

  it("follow tool_choice", async () => {
    const named = { type: "function", function: { name: "other" } };
    const chosen = await whole(path, { messages, tools, tool_choice: named, max_tokens: 8 });
    expect(JSON.stringify(chosen)).toContain('"name":"other"');
    const none = await whole(path, { messages, tools, tool_choice: "none", max_tokens: 8 });
    expect(JSON.stringify(none)).not.toContain("tool_calls");
  });
});
