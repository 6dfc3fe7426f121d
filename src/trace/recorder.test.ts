import { describe, expect, it } from "vitest";
import { mimicServer } from "../endpoint/dialects/mimic-server.ts";
import { called, chatReply, events, startRecording } from "./recorder.fixture.ts";

const system = { role: "system", content: "be brief" };
const user = (content: string) => ({ role: "user", content });
const said = (content: string) => ({ role: "assistant", content });
const result = (id: string, content: string) => ({ role: "tool", tool_call_id: id, content });

describe("a conversation", () => {
  it("goes on with the request that holds the last one and its reply", async () => {
    const run = startRecording();
    run.tell({ request: { model: "m", messages: [system, user("one")] }, reply: chatReply({ content: "first" }) });
    const more = [system, user("one"), said("first"), user("two")];
    run.tell({ request: { model: "m", messages: more }, reply: chatReply({ content: "second" }) });
    await run.finish();
    expect(run.nodes().map(({ id, kind, parent, conversation }) => [id, kind, parent, conversation])).toEqual([
      [0, "system", null, 0],
      [1, "user_input", null, 0],
      [2, "model_call", null, 0],
      [3, "user_input", 2, 0],
      [4, "model_call", 2, 0],
    ]);
    const [first, second] = run.calls();
    expect([first?.turn, second?.turn]).toEqual([0, 1]);
    expect([first?.carries, second?.carries]).toEqual([[0, 1], [3]]);
    // The reply, as the next request begins with it.
    expect(second?.input_pieces.slice(0, 3)).toEqual([...(first?.input_pieces ?? []), first?.output_piece]);
  });

  it("has a tool between the call that asked for it and the one that carries its result", async () => {
    const run = startRecording();
    const calls = [called("a", "read_file", { path: "x" }), called("b", "search")];
    run.tell({ request: { messages: [user("one")] }, reply: chatReply({ content: null, tool_calls: calls }) });
    const asked = run.now();
    run.wait(100);
    const messages = [
      user("one"),
      { role: "assistant", content: "", tool_calls: calls },
      result("a", '{"found": 1}'),
      result("b", ""),
    ];
    run.tell({ request: { messages }, reply: chatReply({ content: "done" }) });
    await run.finish();
    const tools = run.nodes().filter((node) => node.kind === "tool_call");
    expect(tools).toMatchObject([
      { name: "read_file", parent: 1, start_ms: asked, wall_ms: 101, stall_ms: 101, result_kind: "json" },
      { name: "search", parent: 1, argument_bytes: 2, result_bytes: 0, result_kind: "empty" },
    ]);
    expect(run.calls()[1]).toMatchObject({ parent: 1, turn: 1, carries: [2, 3], tool_calls: 0 });
  });
});

describe("a long request", () => {
  const turns = Array.from({ length: 2000 }, (_, turn) => (turn % 2 === 0 ? user : said)(`turn ${turn}`));
  const long = [...turns, user("and now?")];

  it("is not read at once, and what comes after it goes on from it all the same", async () => {
    const run = startRecording();
    run.tell({ request: { messages: long }, reply: chatReply({ content: "first" }) });
    expect(run.rows).toEqual([]);
    run.tell({
      request: { messages: [...long, said("first"), user("more")] },
      reply: chatReply({ content: "second" }),
    });
    run.tell({ request: { messages: [user("short")] }, reply: chatReply({ content: "third" }) });
    await run.finish();
    expect(run.calls().map(({ turn, messages, conversation }) => [turn, messages, conversation])).toEqual([
      [0, 2001, 0],
      [1, 2003, 0],
      [0, 1, 1],
    ]);
    const [first, second] = run.calls();
    expect(second?.input_pieces.slice(0, 2002)).toEqual([...(first?.input_pieces ?? []), first?.output_piece]);
  });

  it("is no part of a tool that was asked for after it came", async () => {
    const run = startRecording();
    const asking = run.ask({ request: { messages: [user("one")] } });
    const waiting = run.ask({ request: { messages: long } });
    run.answer(asking, { reply: chatReply({ content: null, tool_calls: [called("a", "search")] }) });
    run.answer(waiting, { reply: chatReply({ content: "done" }) });
    await run.finish();
    expect(run.calls().find(({ messages }) => messages === long.length)).toMatchObject({ parent: null, turn: 0 });
  });

  it("whose messages are long themselves is recognised, wherever a character lies", async () => {
    const words = `a${"\ud83d\ude00 é".repeat(50_000)}`;
    const run = startRecording();
    run.tell({ request: { messages: [user(words)] }, reply: chatReply({ content: words }) });
    run.tell({ request: { messages: [user(words), said(words), user("more")] }, reply: chatReply({ content: "ok" }) });
    await run.finish();
    expect(run.calls().map(({ turn }) => turn)).toEqual([0, 1]);
  });

  it("that cannot be read to its end says so", async () => {
    const run = startRecording();
    const body = JSON.stringify({ messages: long }).slice(0, -1);
    run.tell({ request: body, reply: chatReply({ content: "first" }) });
    await run.finish();
    expect(run.calls()).toMatchObject([{ not_understood: "request_not_json", messages: 0 }]);
  });
});

describe("the simulated engine", () => {
  it("is known by its answers", async () => {
    const run = startRecording();
    run.tell({ request: { messages: [user("one")] }, reply: chatReply({ content: "a" }) });
    expect(run.recorder.metMimic).toBe(false);
    const replyHeaders = { "content-type": "application/json", server: mimicServer };
    run.tell({ request: { messages: [user("two")] }, reply: chatReply({ content: "a" }), replyHeaders });
    expect(run.recorder.metMimic).toBe(true);
    await run.finish();
  });
});

describe("text", () => {
  const tell = (run: ReturnType<typeof startRecording>) => {
    const message = { content: "look", reasoning: "hm ", tool_calls: [called("a", "read", { path: "x" })] };
    run.tell({ request: { messages: [system, user("one")] }, reply: chatReply(message) });
    run.tell({ path: "/v1/messages", request: { system: "s", messages: [user("two")] }, reply: "{}" });
    run.tell({ path: "/v1/responses", request: { input: "three" }, reply: "{}" });
    run.tell({ path: "/v1/completions", request: { prompt: "four" }, reply: "{}" });
  };

  it("is handed on when it is to be kept, with the id of its call", async () => {
    const run = startRecording({ text: true });
    tell(run);
    await run.finish();
    expect(run.texts.map(({ prompt }) => prompt)).toEqual([
      { kind: "messages", messages: [system, user("one")] },
      { kind: "messages", messages: [{ role: "system", content: "s" }, user("two")] },
      { kind: "text", text: "three" },
      { kind: "text", text: "four" },
    ]);
    expect(run.texts[0]?.output).toBe('hm look\nread {"path":"x"}');
    expect(run.texts.map(({ id }) => id)).toEqual(run.calls().map(({ id }) => id));
  });

  it("has a tool's arguments once, however often a stream gives them", async () => {
    const run = startRecording({ text: true });
    const item = { type: "function_call", call_id: "c", name: "read" };
    const reply = events(
      { type: "response.output_item.added", output_index: 0, item: { ...item, arguments: "" } },
      { type: "response.function_call_arguments.delta", output_index: 0, delta: "{}" },
      { type: "response.output_item.done", output_index: 0, item: { ...item, arguments: "{}" } },
      { type: "response.completed", response: { id: "r", status: "completed" } },
    );
    run.tell({ path: "/v1/responses", request: { input: "x", stream: true }, reply });
    await run.finish();
    expect(run.texts.map(({ output }) => output)).toEqual(["\nread {}"]);
    expect(run.calls()).toMatchObject([{ tool_calls: 1, events: 2, finish_reason: "tool_calls" }]);
  });

  it("is not otherwise", async () => {
    const run = startRecording();
    tell(run);
    await run.finish();
    expect(run.texts).toEqual([]);
  });
});

describe("a streamed reply", () => {
  it("has the times of its tokens by kind", async () => {
    const run = startRecording();
    const follower = run.ask({ request: { stream: true, messages: [user("one")] } });
    const delta = (one: object, finish: string | null = null) =>
      events({ choices: [{ index: 0, delta: one, finish_reason: finish }] });
    const usage = { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 8 } };
    const pieces = [
      delta({ role: "assistant", content: "" }),
      delta({ reasoning: "hm" }),
      delta({ content: "a" }),
      delta({ content: "b" }, "stop"),
      events({ choices: [], usage }, "[DONE]"),
    ];
    run.answer(follower, {
      replyHeaders: { "content-type": "text/event-stream" },
      reply: pieces.map((piece) => Buffer.from(piece)),
    });
    await run.finish();
    expect(run.calls()).toMatchObject([
      {
        start_ms: 1,
        request_end_ms: 2,
        sent_ms: 3,
        first_byte_ms: 4,
        first_token_ms: 6,
        first_reasoning_ms: 6,
        first_content_ms: 7,
        first_tool_ms: null,
        last_token_ms: 8,
        end_ms: 10,
        ttft_ms: 3,
        tpot_ms: 1,
        tpot_claim: "measured",
        events: 3,
        gap: { p50: 1, p95: 1, max: 1, count: 2 },
        input_tokens: 10,
        output_tokens: 3,
        cached_tokens: 8,
        token_source: "server",
        finish_reason: "stop",
        status: "ok",
      },
    ]);
  });
});
