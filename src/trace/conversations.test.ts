/** How calls follow one another, seen in the rows that a recorder writes. */
import { describe, expect, it } from "vitest";
import type { ModelCall, TraceNode } from "../runs/schemas/agent-trace.ts";
import { called, chatReply, startRecording } from "./recorder.fixture.ts";

const system = { role: "system", content: "be brief" };
const user = (content: unknown) => ({ role: "user", content });
const said = (content: unknown, more: object = {}) => ({ role: "assistant", content, ...more });
const result = (id: string, content: string) => ({ role: "tool", tool_call_id: id, content });

type Run = ReturnType<typeof startRecording>;

const chat = (run: Run, messages: unknown[], reply: string, more: object = {}) =>
  run.tell({ request: { model: "m", messages, ...more }, reply: chatReply({ content: reply }) });

/** The calls, by what they follow. */
const shape = (calls: readonly ModelCall[]) =>
  calls.map(({ id, parent, conversation, turn }) => ({ id, parent, conversation, turn }));

const ofKind = <Kind extends TraceNode["kind"]>(run: Run, kind: Kind) =>
  run.nodes().filter((node): node is Extract<TraceNode, { kind: Kind }> => node.kind === kind);

describe("a reply continues its conversation though the client", () => {
  const reply = { content: "Let me look.\n", tool_calls: [called("call_1", "read", { path: "a", line: 1 })] };
  const asIs = said(reply.content, { tool_calls: reply.tool_calls });
  const reordered = { function: { arguments: '{ "line": 1, "path": "a" }', name: "read" }, id: "call_1" };
  it.each<[string, object[]]>([
    ["sends it as it was", [asIs]],
    [
      "orders its members anew",
      [{ tool_calls: [{ ...reordered, type: "function" }], content: reply.content, role: "assistant" }],
    ],
    ["leaves out what it does not know", [{ role: "assistant", content: "Let me look.", tool_calls: [reordered] }]],
    ["makes parts of its text", [said([{ type: "text", text: "Let me look.\n" }], { tool_calls: reply.tool_calls })]],
    ["adds members of its own", [{ ...asIs, id: "x", refusal: null, reasoning_content: "hm", audio: null }]],
    ["sends the text and the calls apart", [said("Let me look."), said(null, { tool_calls: reply.tool_calls })]],
  ])("%s", async (_, sent) => {
    const run = startRecording();
    const message = { ...reply, reasoning_content: "the user wants a file" };
    run.tell({ request: { messages: [system, user("hi")] }, reply: chatReply(message) });
    chat(run, [system, user("hi"), ...sent, result("call_1", "text")], "done");
    await run.finish();
    const [first, second] = run.calls();
    expect(second).toMatchObject({ parent: first?.id, conversation: 0, turn: 1 });
    expect(second?.input_pieces[2]?.[0]).toBe(first?.output_piece?.[0]);
    expect(ofKind(run, "branch")).toEqual([]);
  });

  it("has changed its words", async () => {
    const run = startRecording();
    chat(run, [system, user("hi")], "<think>hm</think> hello");
    chat(run, [system, user("hi"), said("hello"), user("more")], "done");
    await run.finish();
    const [first, second] = run.calls();
    expect(second).toMatchObject({ parent: first?.id, turn: 1 });
    expect(second?.input_pieces[2]?.[0]).not.toBe(first?.output_piece?.[0]);
    expect(ofKind(run, "user_input").map(({ messages }) => messages)).toEqual([1, 1]);
  });
});

describe("the same input again", () => {
  it("is a retry, and what follows goes on from the later of the two", async () => {
    const run = startRecording();
    const messages = [user("hi")];
    run.tell({ request: { messages }, status: 503, reply: "{}" });
    const failed = run.now();
    run.wait(50);
    chat(run, messages, "hello");
    chat(run, [...messages, said("hello"), user("more")], "done");
    await run.finish();
    const [first, second, third] = run.calls();
    const [retry] = ofKind(run, "retry");
    expect(retry).toMatchObject({
      parent: first?.id,
      of: first?.id,
      after: "error",
      delay_ms: 51,
      start_ms: failed + 51,
    });
    expect(second).toMatchObject({ parent: retry?.id, conversation: 0, turn: 0, carries: [] });
    expect(third).toMatchObject({ parent: second?.id, turn: 1 });
    expect(ofKind(run, "branch")).toEqual([]);
    expect(second?.input_pieces).toEqual(first?.input_pieces);
  });

  it("is one too while the first is under way", async () => {
    const run = startRecording();
    const one = run.ask({ request: { messages: [user("hi")] } });
    const two = run.ask({ request: { messages: [user("hi")] } });
    run.answer(two, { reply: chatReply({ content: "b" }) });
    run.answer(one, { reply: chatReply({ content: "a" }) });
    await run.finish();
    const [retry] = ofKind(run, "retry");
    expect(retry).toMatchObject({ of: 1, after: "ok" });
    expect(retry?.delay_ms).toBeLessThan(0);
  });

  it("is none where it is asked of another API", async () => {
    const run = startRecording();
    for (const path of ["/v1/chat/completions", "/v1/messages"])
      run.tell({ path, request: { messages: [user("hi")] }, reply: "{}" });
    await run.finish();
    expect(run.calls().map(({ conversation }) => conversation)).toEqual([0, 1]);
  });

  it("is none where tools or the system prompt differ", async () => {
    const run = startRecording();
    chat(run, [system, user("hi")], "a");
    chat(run, [{ role: "system", content: "give it a title" }, user("hi")], "b");
    await run.finish();
    expect(shape(run.calls()).map(({ conversation }) => conversation)).toEqual([0, 1]);
    expect(ofKind(run, "system")).toHaveLength(2);
  });
});

describe("a branch", () => {
  it("is where a call is continued a second time, in another way", async () => {
    const run = startRecording();
    chat(run, [system, user("hi")], "hello");
    const before = [system, user("hi"), said("hello")];
    chat(run, [...before, user("left")], "l");
    chat(run, [...before, user("right")], "r");
    chat(run, [...before, user("right"), said("r"), user("on")], "o");
    await run.finish();
    const [first, left, right, on] = run.calls();
    const [branch, ...others] = ofKind(run, "branch");
    expect(others).toEqual([]);
    expect(branch).toMatchObject({ parent: first?.id, of: left?.id, shared_pieces: 3, conversation: 0 });
    expect(right).toMatchObject({ parent: branch?.id, turn: 1, conversation: 0 });
    expect(on).toMatchObject({ parent: right?.id, turn: 2 });
  });

  it("is where the history was changed behind the user's first words", async () => {
    const run = startRecording();
    chat(run, [system, user("hi"), said("made up"), user("one")], "a");
    chat(run, [system, user("hi"), said("a summary of all that"), user("two")], "b");
    await run.finish();
    const [first, second] = run.calls();
    const [branch] = ofKind(run, "branch");
    expect(branch).toMatchObject({ parent: first?.id, of: first?.id, shared_pieces: 2, conversation: 0 });
    expect(second).toMatchObject({ parent: branch?.id, conversation: 0 });
  });

  it("is where the beginning was dropped, as long as it answers a tool", async () => {
    const run = startRecording();
    chat(run, [system, user("one")], "a");
    const messages = [system, user("one"), said("a"), user("two")];
    const tool_calls = [called("call_7", "search")];
    run.tell({ request: { messages }, reply: chatReply({ content: null, tool_calls }) });
    const back = [said(null, { tool_calls }), result("call_7", "found")];
    chat(run, [system, user("two"), ...back], "b");
    await run.finish();
    const [, second, third] = run.calls();
    const [branch] = ofKind(run, "branch");
    expect(branch).toMatchObject({ parent: second?.id, of: second?.id, shared_pieces: 1, conversation: 0 });
    expect(third).toMatchObject({ parent: branch?.id, conversation: 0, turn: 2 });
    expect(ofKind(run, "tool_call")).toMatchObject([{ result_kind: "text", parent: second?.id }]);
    expect(ofKind(run, "user_input")).toHaveLength(2);
  });

  it("is not where only the system prompt is shared", async () => {
    const run = startRecording();
    chat(run, [system, user("one")], "a");
    chat(run, [system, user("two")], "b");
    await run.finish();
    const [first, second] = run.calls();
    expect([first?.conversation, second?.conversation]).toEqual([0, 1]);
    expect(second?.input_pieces[0]).toEqual(first?.input_pieces[0]);
    expect(second?.parent).toBeNull();
  });
});

describe("a system prompt", () => {
  it("that changes with each call does not break the conversation", async () => {
    const run = startRecording();
    const at = (time: string) => ({ role: "system", content: `It is ${time}.` });
    chat(run, [at("ten"), user("hi")], "hello");
    chat(run, [at("eleven"), user("hi"), said("hello"), user("more")], "done");
    await run.finish();
    const [first, second] = run.calls();
    expect(second).toMatchObject({ parent: first?.id, conversation: 0, turn: 1 });
    expect(ofKind(run, "system").map(({ parent }) => parent)).toEqual([null, first?.id]);
    // The endpoint has none of it in its cache.
    const known = new Set(first?.input_pieces.map(([id]) => id));
    expect(second?.input_pieces.filter(([id]) => known.has(id))).toEqual([]);
  });
});

describe("a conversation that begins while a tool runs", () => {
  const task = (id: string) => called(id, "task", { of: id });

  it("has that tool as its parent; of tools that run side by side, each has one", async () => {
    const run = startRecording();
    const calls = [task("a"), task("b")];
    run.tell({ request: { messages: [user("go")] }, reply: chatReply({ content: null, tool_calls: calls }) });
    const one = run.ask({ request: { messages: [user("part a")] } });
    const two = run.ask({ request: { messages: [user("part b")] } });
    run.answer(one, { reply: chatReply({ content: "x" }) });
    run.answer(two, { reply: chatReply({ content: "y" }) });
    const messages = [user("go"), said(null, { tool_calls: calls }), result("a", "x"), result("b", "y")];
    chat(run, messages, "done");
    chat(run, [user("another thing")], "ok");
    await run.finish();
    const [main, first, second, on, other] = run.calls().sort((a, b) => a.id - b.id);
    const tools = ofKind(run, "tool_call");
    expect(tools.map(({ parent }) => parent)).toEqual([main?.id, main?.id]);
    expect([first?.parent, second?.parent]).toEqual(tools.map(({ id }) => id));
    expect([first?.conversation, second?.conversation, on?.conversation, other?.conversation]).toEqual([1, 2, 0, 3]);
    expect(other?.parent).toBeNull();
    // While the sub-agents' calls were under way nothing waited.
    for (const { stall_ms, wall_ms } of tools) expect(stall_ms).toBeLessThan(wall_ms ?? 0);
  });

  it("is within eight others at most: then it is tools that nobody answers", async () => {
    const run = startRecording();
    const depths = new Map<number, number>();
    for (let i = 0; i < 30; i++)
      run.tell({
        request: { messages: [user(`question ${i}`)] },
        reply: chatReply({ content: null, tool_calls: [task(`id ${i}`)] }),
      });
    await run.finish();
    for (const { id, parent } of run.nodes()) depths.set(id, parent === null ? 0 : (depths.get(parent) ?? NaN) + 1);
    // A call and its tool for each.
    expect(Math.max(...depths.values())).toBe(2 * 8 + 1);
    expect(ofKind(run, "tool_call")).toHaveLength(30);
  });

  it("does not belong to a tool whose conversation went on without its result", async () => {
    const run = startRecording();
    run.tell({ request: { messages: [user("go")] }, reply: chatReply({ content: null, tool_calls: [task("a")] }) });
    chat(run, [user("go"), said(null, { tool_calls: [task("a")] }), user("never mind")], "fine");
    chat(run, [user("another thing")], "ok");
    await run.finish();
    expect(run.calls()[2]?.parent).toBeNull();
    expect(ofKind(run, "tool_call")).toMatchObject([
      { end_ms: null, wall_ms: null, stall_ms: null, result_kind: null },
    ]);
  });
});

describe("a tool's result", () => {
  it("finds its call among others with the same id", async () => {
    const run = startRecording();
    const ask = (words: string) =>
      run.tell({
        request: { messages: [user(words)] },
        reply: chatReply({ content: words, tool_calls: [called("0", words)] }),
      });
    ask("left");
    ask("right");
    const back = (words: string) =>
      chat(run, [user(words), said(words, { tool_calls: [called("0", words)] }), result("0", "r")], "done");
    back("left");
    back("right");
    await run.finish();
    const tools = ofKind(run, "tool_call");
    expect(tools.map(({ name, end_ms }) => [name, end_ms !== null])).toEqual([
      ["left", true],
      ["right", true],
    ]);
    expect(
      run
        .calls()
        .slice(2)
        .map(({ carries }) => carries),
    ).toEqual(tools.map(({ id }) => [id]));
  });

  it("may come before the connection has said that the reply is over", async () => {
    const run = startRecording();
    const calls = [called("a", "read")];
    const first = run.ask({ request: { stream: true, messages: [user("go")] } });
    first.responseHead(200, new Map([["content-type", "text/event-stream"]]), run.now() + 1000);
    const delta = { tool_calls: calls.map((call, index) => ({ ...call, index })) };
    const event = JSON.stringify({ choices: [{ index: 0, delta, finish_reason: "tool_calls" }] });
    first.responseBody(Buffer.from(`data: ${event}\n\n`), run.now() + 1000);
    const second = run.ask({
      request: { messages: [user("go"), said(null, { tool_calls: calls }), result("a", "r")] },
    });
    run.answer(first, { reply: "data: [DONE]\n\n" });
    run.answer(second, { reply: chatReply({ content: "done" }) });
    await run.finish();
    expect(ofKind(run, "tool_call")).toMatchObject([{ name: "read", wall_ms: expect.any(Number) as number }]);
    expect(run.calls().find(({ turn }) => turn === 1)?.carries).toHaveLength(1);
  });
});

describe("OpenAI's responses", () => {
  const path = "/v1/responses";
  const reply = (id: string, text: string) =>
    JSON.stringify({
      ...{ id, object: "response", status: "completed", error: null },
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text }] }],
    });
  const call = { type: "function_call", call_id: "c1", name: "search", arguments: '{"q":1}' };

  it("go on from a reply that the request names, with what the endpoint has kept", async () => {
    const run = startRecording();
    const tools = [{ type: "function", name: "search" }];
    const output = [{ type: "reasoning", summary: [] }, call];
    run.tell({
      path,
      request: { input: "look", tools },
      reply: JSON.stringify({ id: "resp_1", status: "completed", output }),
    });
    const answer = { type: "function_call_output", call_id: "c1", output: "found" };
    run.tell({
      path,
      request: { previous_response_id: "resp_1", input: [answer], tools },
      reply: reply("resp_2", "a"),
    });
    run.tell({ path, request: { previous_response_id: "resp_2", input: "more" }, reply: reply("resp_3", "b") });
    run.tell({ path, request: { previous_response_id: "resp_2", input: "else" }, reply: reply("resp_4", "c") });
    await run.finish();
    const [first, second, third, fourth] = run.calls();
    const [branch] = ofKind(run, "branch");
    expect([second?.parent, third?.parent, fourth?.parent]).toEqual([first?.id, second?.id, branch?.id]);
    expect(branch).toMatchObject({ parent: second?.id, of: third?.id, shared_pieces: 5 });
    expect(ofKind(run, "tool_call")).toMatchObject([{ name: "search", parent: first?.id, result_kind: "text" }]);
    expect(third?.input_pieces.slice(0, 3)).toEqual([...(first?.input_pieces ?? []), first?.output_piece]);
    expect(third?.input_pieces.map(([id]) => id)).toHaveLength(6);
  });

  it("go on with all items sent again, reasoning or not", async () => {
    const run = startRecording();
    const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
    const message = {
      type: "message",
      id: "msg_1",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: "look" }],
    };
    run.tell({
      path,
      request: { input: "hi" },
      reply: JSON.stringify({ id: "r", status: "completed", output: [reasoning, message, call] }),
    });
    const output = { type: "function_call_output", call_id: "c1", output: '{"found":1}' };
    for (const items of [
      [reasoning, message, call],
      [{ role: "assistant", content: "look" }, call],
    ])
      run.tell({
        path,
        request: { input: [{ role: "user", content: [{ type: "input_text", text: "hi" }] }, ...items, output] },
        reply: reply("x", "y"),
      });
    await run.finish();
    const [first, second, third] = run.calls();
    expect(second).toMatchObject({ parent: first?.id, turn: 1, carries: [2] });
    expect(second?.input_pieces[1]).toEqual(first?.output_piece);
    expect(third?.input_pieces).toEqual(second?.input_pieces);
  });

  it("go on in a conversation that the endpoint keeps", async () => {
    const run = startRecording();
    for (const input of ["one", "two"])
      run.tell({ path, request: { conversation: { id: "conv_1" }, input }, reply: reply(`r${input}`, input) });
    await run.finish();
    const [first, second] = run.calls();
    expect(second).toMatchObject({ parent: first?.id, turn: 1 });
  });
});

describe("Anthropic's messages", () => {
  const path = "/v1/messages";
  const marked = (text: string) => [{ type: "text", text, cache_control: { type: "ephemeral" } }];
  const use = { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a", line: 2 } };
  const reply = (content: unknown[], stop_reason = "end_turn") =>
    JSON.stringify({
      type: "message",
      role: "assistant",
      content,
      stop_reason,
      usage: { input_tokens: 5, output_tokens: 2 },
    });

  it("go on though the marks for the cache move", async () => {
    const run = startRecording();
    const thinking = { type: "thinking", thinking: "hm", signature: "s" };
    run.tell({
      path,
      request: { system: "be brief", messages: [{ role: "user", content: marked("hi") }] },
      reply: reply([thinking, { type: "text", text: "Look:" }, use], "tool_use"),
    });
    const back = {
      type: "tool_result",
      tool_use_id: "toolu_1",
      content: [{ type: "image", source: {} }],
      cache_control: { type: "ephemeral" },
    };
    const messages = [
      { role: "user", content: "hi" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Look:" },
          { ...use, input: { line: 2, path: "a" } },
        ],
      },
      { role: "user", content: [back] },
    ];
    run.tell({ path, request: { system: marked("be brief"), messages }, reply: reply([{ type: "text", text: "ok" }]) });
    await run.finish();
    const [first, second] = run.calls();
    expect(second).toMatchObject({ parent: first?.id, turn: 1, messages: 3 });
    expect(second?.input_pieces.slice(0, 3)).toEqual([...(first?.input_pieces ?? []), first?.output_piece]);
    expect(ofKind(run, "tool_call")).toMatchObject([{ name: "read_file", argument_bytes: 21, result_kind: "image" }]);
    expect(ofKind(run, "user_input")).toHaveLength(1);
    expect(ofKind(run, "system")).toHaveLength(1);
  });

  it("say when a tool failed", async () => {
    const run = startRecording();
    run.tell({ path, request: { messages: [{ role: "user", content: "hi" }] }, reply: reply([use], "tool_use") });
    const back = { type: "tool_result", tool_use_id: "toolu_1", content: "no such file", is_error: true };
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: [use] },
      { role: "user", content: [back] },
    ];
    run.tell({ path, request: { messages }, reply: reply([{ type: "text", text: "ok" }]) });
    await run.finish();
    expect(ofKind(run, "tool_call")).toMatchObject([{ result_kind: "error", result_bytes: 12 }]);
  });
});

describe("ids of pieces", () => {
  it("count from 0 in the order of first use, and are the same under another key", async () => {
    const ids = async (key: number) => {
      const run = startRecording({ key });
      chat(run, [system, user("a")], "b");
      chat(run, [system, user("a"), said("b"), user("c")], "d");
      chat(run, [system, user("z")], "y");
      await run.finish();
      return run
        .calls()
        .map(({ input_pieces, output_piece }) => [...input_pieces.map(([id]) => id), output_piece?.[0]]);
    };
    expect(await ids(1)).toEqual([
      [0, 1, 2],
      [0, 1, 2, 3, 4],
      [0, 5, 6],
    ]);
    expect(await ids(2)).toEqual(await ids(1));
  });
});
