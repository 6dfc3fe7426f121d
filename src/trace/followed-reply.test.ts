/** Replies as they come over the wire: the simulated engine's, in all five APIs, and some that nobody should send. */
import { brotliCompressSync, constants, createGzip, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, startQuick } from "../mimic/mimic.fixture.ts";
import type { RunningMimic } from "../mimic/start.ts";
import type { ModelCall } from "../runs/schemas/agent-trace.ts";
import { chatReply, events, eventStream, startRecording, type Told } from "./recorder.fixture.ts";

let mimic: RunningMimic;
beforeAll(async () => {
  mimic = await startQuick();
});
afterAll(() => mimic.close());

const tool = { name: "search_files", parameters: { type: "object", properties: {} } };
const chatTool = { type: "function", function: tool };
const messages = [{ role: "user", content: "look it up" }];
const limit = { max_tokens: 8, ignore_eos: true };
const usage = { stream_options: { include_usage: true } };
const live = { stream: true };

interface Case {
  path: string;
  request: Record<string, unknown>;
  fault?: string;
  expected: Partial<ModelCall>;
}

const length = {
  finish_reason: "length",
  status: "ok",
  error: null,
  not_understood: null,
  token_source: "server",
} as const;
const calls = { ...length, finish_reason: "tool_calls", tool_calls: 1 } as const;

/** What was asked of the simulated engine, so that it is known what it did. */
const cases: Record<string, Case> = {
  "chat, streamed": {
    path: "/v1/chat/completions",
    request: { messages, ...limit, ...live, ...usage },
    expected: {
      ...length,
      api: "chat",
      stream: true,
      output_tokens: 8,
      events: 8,
      cached_tokens: 0,
      tokens_first_event: null,
    },
  },
  "chat with counts on every event": {
    path: "/v1/chat/completions",
    request: { messages, ...limit, ...live, ...usage },
    fault: "usage-every,tokens-per-event=3",
    expected: { ...length, output_tokens: 8, events: 3, tokens_first_event: 3 },
  },
  "chat that reasons": {
    path: "/v1/chat/completions",
    request: { messages, ...limit, ...live, ...usage },
    fault: "reasoning-then-content",
    expected: { ...length, output_tokens: 8, reasoning_tokens: 4, events: 8 },
  },
  "chat, whole": {
    path: "/v1/chat/completions",
    request: { messages, ...limit },
    expected: { ...length, stream: false, output_tokens: 8, events: 0, first_token_ms: null, ttft_ms: null, gap: null },
  },
  "chat that calls a tool, streamed": {
    path: "/v1/chat/completions",
    request: { messages, ...limit, ...live, ...usage, tools: [chatTool], tool_choice: "required" },
    expected: { ...calls, output_tokens: 8, events: 8, tools_offered: 1, tool_choice: "required" },
  },
  "chat that calls a tool, whole": {
    path: "/v1/chat/completions",
    request: { messages, ...limit, tools: [chatTool] },
    expected: { ...calls, output_tokens: 8, tools_offered: 1, tool_choice: null, max_output_tokens: 8 },
  },
  "completions, streamed": {
    path: "/v1/completions",
    request: { prompt: "one two three", ...limit, ...live, ...usage },
    expected: { ...length, api: "completions", input_tokens: 3, output_tokens: 8, events: 8, messages: 1 },
  },
  "completions, whole": {
    path: "/v1/completions",
    request: { prompt: "one two three", ...limit },
    expected: { ...length, input_tokens: 3, output_tokens: 8 },
  },
  "responses, streamed": {
    path: "/v1/responses",
    request: { input: "one two three", max_output_tokens: 8, ignore_eos: true, ...live },
    expected: { ...length, api: "responses", output_tokens: 8, events: 8, reasoning_tokens: 0, messages: 1 },
  },
  "responses that reason, streamed": {
    path: "/v1/responses",
    request: { input: "one two three", max_output_tokens: 8, ignore_eos: true, ...live },
    fault: "reasoning-then-content",
    expected: { ...length, output_tokens: 8, events: 8, reasoning_tokens: 4 },
  },
  "responses that call a tool, streamed": {
    path: "/v1/responses",
    request: { input: "look", max_output_tokens: 500, ...live, tools: [{ type: "function", ...tool }] },
    expected: { ...calls, tool_choice: null },
  },
  "responses, whole": {
    path: "/v1/responses",
    request: { input: "look", max_output_tokens: 500, tools: [{ type: "function", ...tool }] },
    expected: calls,
  },
  "messages, streamed": {
    path: "/v1/messages",
    request: { messages, ...limit, ...live },
    expected: { ...length, api: "messages", output_tokens: 8, events: 8, cached_tokens: 0 },
  },
  "messages that think, streamed": {
    path: "/v1/messages",
    request: { messages, ...limit, ...live },
    fault: "reasoning-then-content",
    expected: { ...length, output_tokens: 8, events: 8 },
  },
  "messages that use a tool, streamed": {
    path: "/v1/messages",
    request: {
      messages,
      ...limit,
      ...live,
      tools: [{ name: tool.name, input_schema: tool.parameters }],
      tool_choice: { type: "any" },
    },
    expected: { ...calls, output_tokens: 8, events: 8, tool_choice: "required" },
  },
  "messages, whole": {
    path: "/v1/messages",
    request: { messages, ...limit, tools: [{ name: tool.name, input_schema: tool.parameters }] },
    expected: { ...calls, output_tokens: 8 },
  },
  embeddings: {
    path: "/v1/embeddings",
    request: { input: ["one two", "three"] },
    expected: {
      api: "embeddings",
      input_tokens: 3,
      output_tokens: 0,
      messages: 2,
      status: "ok",
      token_source: "server",
    },
  },
};

async function replyTo({ path, request, fault = "" }: Case): Promise<{ bytes: Buffer; type: string }> {
  const { status, body, headers } = await ask(mimic.port, path, request, { "x-mimic-fault": fault });
  expect(status).toBe(200);
  return { bytes: Buffer.from(body), type: String(headers["content-type"]) };
}

async function rowsOf(told: Omit<Told, "replyHeaders">, headers: Record<string, string>) {
  const run = startRecording();
  run.tell({ ...told, replyHeaders: headers });
  await run.finish();
  return run;
}

/** Everything but the moments, which are those of the reads. */
const timeless = (row: ModelCall | undefined) =>
  Object.fromEntries(
    Object.entries(row ?? {}).filter(([name]) => !name.endsWith("_ms") && !["gap", "tpot_claim"].includes(name)),
  );

describe("what the simulated engine says it did", () => {
  it.each(Object.entries(cases))("is what the row says: %s", async (_, one) => {
    const { bytes, type } = await replyTo(one);
    const run = await rowsOf({ path: one.path, request: one.request, reply: [bytes] }, { "content-type": type });
    expect(run.calls()).toMatchObject([{ ...one.expected, response_bytes: bytes.length }]);
    const called = run.nodes().filter((node) => node.kind === "tool_call");
    expect(called.map(({ name }) => name)).toEqual(one.expected.tool_calls === 1 ? ["search_files"] : []);
  });

  it.each(Object.entries(cases))("is the same however the bytes are cut: %s", async (_, one) => {
    const { bytes, type } = await replyTo({ ...one, fault: `${one.fault ?? ""},multibyte-split=0` });
    const row = async (reply: readonly Uint8Array[]) =>
      timeless((await rowsOf({ path: one.path, request: one.request, reply }, { "content-type": type })).calls()[0]);
    const whole = await row([bytes]);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const at = [0, ...places.sort((a, b) => a - b), bytes.length];
        expect(await row(at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a reply to the agent's own continuation", () => {
  it("is recognised in every API, with its tool", async () => {
    const run = startRecording();
    const tell = async (path: string, request: Record<string, unknown>) => {
      const { bytes, type } = await replyTo({ path, request, expected: {} });
      run.tell({ path, request, reply: [bytes], replyHeaders: { "content-type": type } });
      return bytes.toString();
    };
    const body = (text: string) => JSON.parse(text) as Record<string, never>;
    const chat = { messages, tools: [chatTool], ...limit };
    const { message } =
      (
        body(await tell("/v1/chat/completions", chat))["choices"] as unknown as {
          message: { tool_calls: { id: string }[] };
        }[]
      )[0] ?? {};
    const back = { role: "tool", tool_call_id: message?.tool_calls[0]?.id, content: "found" };
    await tell("/v1/chat/completions", { ...chat, messages: [...messages, message, back], ...live });
    const anthropic = { messages, tools: [{ name: "search_files", input_schema: {} }], ...limit };
    const content = body(await tell("/v1/messages", anthropic))["content"] as unknown as { id: string }[];
    const given = { role: "user", content: [{ type: "tool_result", tool_use_id: content[0]?.id, content: "found" }] };
    await tell("/v1/messages", {
      ...anthropic,
      messages: [...messages, { role: "assistant", content }, given],
      ...live,
    });
    const responses = { input: "look", tools: [{ type: "function", ...tool }], max_output_tokens: 500 };
    const output = body(await tell("/v1/responses", responses))["output"] as unknown as { call_id: string }[];
    const found = { type: "function_call_output", call_id: output[0]?.call_id, output: "found" };
    await tell("/v1/responses", {
      ...responses,
      input: [{ role: "user", content: "look" }, ...output, found],
      ...live,
    });
    await run.finish();
    expect(run.calls().map(({ conversation, turn }) => [conversation, turn])).toEqual(
      [0, 1, 2].flatMap((n) => [
        [n, 0],
        [n, 1],
      ]),
    );
    expect(run.nodes().filter((node) => node.kind === "tool_call" && node.end_ms !== null)).toHaveLength(3);
    expect(run.nodes().filter(({ kind }) => kind === "branch" || kind === "retry")).toEqual([]);
  });
});

describe("a compressed reply", () => {
  const reply = Buffer.from(
    chatReply({ content: "words ".repeat(100) }, { usage: { prompt_tokens: 1, completion_tokens: 2 } }),
  );
  it.each<[string, Buffer]>([
    ["gzip", gzipSync(reply)],
    ["br", brotliCompressSync(reply)],
    ["zstd", zstdCompressSync(reply)],
  ])("is understood: %s", async (encoding, bytes) => {
    const pieces = [bytes.subarray(0, 9), bytes.subarray(9)];
    const headers = { "content-type": "application/json", "content-encoding": encoding };
    const run = await rowsOf({ request: { messages }, reply: pieces }, headers);
    expect(run.calls()).toMatchObject([
      { output_tokens: 2, not_understood: null, response_bytes: bytes.length, status: "ok" },
    ]);
  });

  it("that is a stream has the times of what it was in", async () => {
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    const pieces: Buffer[] = [];
    gzip.on("data", (bytes: Buffer) => pieces.push(bytes));
    for (const content of ["a", "b", "c"]) {
      gzip.write(
        events({ choices: [{ index: 0, delta: { content }, finish_reason: content === "c" ? "stop" : null }] }),
      );
      await new Promise<void>((resolve) => gzip.flush(() => resolve()));
    }
    gzip.end(events("[DONE]"));
    await new Promise((resolve) => gzip.on("end", resolve));
    const run = await rowsOf(
      { request: { messages, ...live }, reply: pieces },
      { ...eventStream, "content-encoding": "gzip" },
    );
    const [row] = run.calls();
    expect(row).toMatchObject({ events: 3, status: "ok", not_understood: null, finish_reason: "stop" });
    expect(row?.last_token_ms).toBeGreaterThan(row?.first_token_ms ?? NaN);
  });

  it.each([
    ["snappy", reply],
    ["gzip, br", reply],
    ["gzip", Buffer.from("this is not gzip")],
    ["gzip", gzipSync(reply).subarray(0, 40)],
  ])("is not understood, and is no failure: %s", async (encoding, bytes) => {
    const headers = { "content-type": "application/json", "content-encoding": encoding };
    const run = await rowsOf({ request: { messages }, reply: [bytes] }, headers);
    expect(run.calls()).toMatchObject([{ not_understood: "encoded", status: "ok", token_source: "none" }]);
  });

  it("has been read before what follows it is placed", async () => {
    const run = startRecording();
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    run.tell({ request: { messages }, reply: [gzipSync(chatReply({ content: "a" }))], replyHeaders: headers });
    const more = [...messages, { role: "assistant", content: "a" }, { role: "user", content: "b" }];
    run.tell({ request: { messages: more }, reply: chatReply({ content: "c" }) });
    await run.finish();
    const [first, second] = run.calls();
    expect(second?.input_pieces[1]).toEqual(first?.output_piece);
    expect(first?.output_piece).not.toBeNull();
  });
});

describe("a reply that did not go well", () => {
  const streamed = (content: string, finish: string | null = null) =>
    events({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
  const stream = { request: { messages, ...live } };
  const bad: [string, Told, object][] = [
    ["an error status", { request: { messages }, status: 401, reply: "{}" }, { kind: "http_4xx", http_status: 401 }],
    [
      "too many requests",
      { request: { messages }, status: 429, reply: "" },
      { kind: "rate_limited", http_status: 429 },
    ],
    [
      "an error in a whole reply",
      { request: { messages }, reply: '{"error":{"message":"x"}}' },
      { kind: "server_error_in_stream" },
    ],
    [
      "an error in a stream",
      { ...stream, reply: streamed("a") + events({ error: { message: "x" } }) },
      { kind: "server_error_in_stream" },
    ],
    ["an event that is no JSON", { ...stream, reply: `${streamed("a")}data: {oops\n\n` }, { kind: "malformed_stream" }],
    ["a stream without an end", { ...stream, reply: streamed("a") }, { kind: "truncated_stream" }],
    ["a stream with nothing in it", { ...stream, reply: events("[DONE]") }, { kind: "empty_response" }],
    ["no body", { request: { messages }, reply: "" }, { kind: "empty_response" }],
    ["a page where a stream was asked for", { ...stream, reply: "<html>" }, { kind: "not_a_stream" }],
    [
      "a reset in mid-stream",
      { ...stream, reply: streamed("a"), end: { by: "endpoint", error: "reset" } },
      { kind: "reset", http_status: 200 },
    ],
    ["no reply at all", { ...stream, reply: [], end: { by: "endpoint", error: "refused" } }, { kind: "refused" }],
  ];
  it.each(bad)("says so: %s", async (_, told, error) => {
    const run = startRecording();
    run.tell(told);
    await run.finish();
    expect(run.calls()).toMatchObject([{ status: "error", error }]);
  });

  it("was cancelled by the agent, and keeps what had come", async () => {
    const run = startRecording();
    run.tell({ ...stream, reply: streamed("a") + streamed("b"), end: { by: "agent", error: "cancelled" } });
    await run.finish();
    expect(run.calls()).toMatchObject([{ status: "cancelled", error: { kind: "cancelled" }, events: 2, ttft_ms: 2 }]);
  });

  it("went well when the agent hung up after its end", async () => {
    const run = startRecording();
    run.tell({ ...stream, reply: streamed("a", "stop") + events("[DONE]"), end: { by: "agent", error: "cancelled" } });
    await run.finish();
    expect(run.calls()).toMatchObject([{ status: "ok", error: null }]);
  });

  it("is no conversation that anything could go on from", async () => {
    const run = startRecording();
    run.tell({ ...stream, reply: streamed("a"), end: { by: "endpoint", error: "reset" } });
    await run.finish();
    expect(run.calls()).toMatchObject([{ output_piece: null }]);
  });

  it("is not JSON, and passed all the same", async () => {
    const run = startRecording();
    run.tell({ request: { messages }, reply: "it is fine" });
    await run.finish();
    expect(run.calls()).toMatchObject([{ status: "ok", not_understood: "reply_not_json", response_bytes: 10 }]);
  });

  it("was under way when the trace was stopped", async () => {
    const run = startRecording();
    run.ask(stream).responseHead(200, new Map(Object.entries(eventStream)), run.now() + 1000);
    await run.finish();
    expect(run.calls()).toMatchObject([{ status: "cancelled", error: { kind: "cancelled", http_status: 200 } }]);
    expect(run.rows.at(-1)).toMatchObject({ event: "summary", cancelled: 1, nodes: { model_call: 1 } });
  });
});

describe("a request", () => {
  it.each<[string, unknown, Record<string, string>, string]>([
    ["that is not JSON", "words", {}, "request_not_json"],
    ["that is no object", "[1]", {}, "request_not_json"],
    ["in an unknown encoding", "x", { "content-encoding": "lzma" }, "encoded"],
    ["too long to be read", Buffer.alloc(17 * 1024 * 1024, 32), {}, "request_too_large"],
  ])("%s is passed and named", async (_, request, headers, not_understood) => {
    const run = startRecording();
    run.tell({
      request,
      headers,
      reply: chatReply({ content: "a" }, { usage: { prompt_tokens: 1, completion_tokens: 2 } }),
    });
    await run.finish();
    expect(run.calls()).toMatchObject([{ not_understood, input_pieces: [], output_tokens: 2, model: null }]);
  });

  it("that is compressed is read", async () => {
    const run = startRecording();
    const request = zstdCompressSync(Buffer.from(JSON.stringify({ model: "m", messages })));
    run.tell({ request, headers: { "content-encoding": "zstd" }, reply: chatReply({ content: "a" }) });
    await run.finish();
    expect(run.calls()).toMatchObject([
      { not_understood: null, model: "m", messages: 1, request_bytes: request.length },
    ]);
  });

  it("nested without end is read", async () => {
    const run = startRecording();
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    run.tell({ request: `{"messages":[{"role":"user","content":${deep}}]}`, reply: chatReply({ content: "a" }) });
    await run.finish();
    expect(run.calls()).toMatchObject([{ messages: 1, status: "ok" }]);
  });

  it("of half a character is like itself alone", async () => {
    const run = startRecording();
    for (const half of ["\\ud83d", "\\ud83e", "\\ud83d"])
      run.tell({ request: `{"messages":[{"role":"user","content":"${half}"}]}`, reply: chatReply({ content: "a" }) });
    await run.finish();
    expect(run.calls().map(({ conversation }) => conversation)).toEqual([0, 1, 0]);
  });

  it("that is no model call is counted, and nothing else", async () => {
    const run = startRecording();
    for (const [method, path] of [
      ["GET", "/v1/models"],
      ["GET", "/v1/models/some%2Fmodel"],
      ["POST", "/v1/messages/count_tokens"],
      ["POST", "/v1/threads/t/messages"],
      ["GET", "/v1/chat/completions"],
      ["OPTIONS", "*"],
    ] as const)
      run.tell({ method, path, request: "", reply: "{}" });
    await run.finish();
    expect(run.rows).toMatchObject([{ event: "summary", passed: { models: 2, other: 4 } }]);
  });

  it.each([
    ["/openai/deployments/x/chat/completions?api-version=1", "chat"],
    ["/api/v1/completions/", "completions"],
    ["/messages", "messages"],
  ])("is told by the end of its path: %s", async (path, api) => {
    const run = startRecording();
    run.tell({ path, request: { messages: [] }, reply: "{}" });
    await run.finish();
    expect(run.calls()).toMatchObject([{ api }]);
  });
});
