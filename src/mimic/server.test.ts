import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { monotonicNs } from "../clock.ts";
import {
  ask,
  chatBody,
  chunksOf,
  eventsOf,
  metricsOf,
  packetsOf,
  quick,
  quickStep,
  startQuick,
  stateWhen,
} from "./mimic.fixture.ts";
import type { MimicOptions, RunningMimic } from "./start.ts";

const running: RunningMimic[] = [];

async function start(options: Partial<MimicOptions> = {}): Promise<number> {
  const mimic = await startQuick(options);
  running.push(mimic);
  return mimic.port;
}

afterEach(async () => {
  for (const mimic of running.splice(0)) await mimic.close();
});

const chat = "/v1/chat/completions";

interface ChatEvent {
  id: string;
  created: number;
  choices: { delta: { role?: string; content?: string }; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number; prompt_tokens_details: { cached_tokens: number } };
  mimic_written_ns?: string;
}

describe("the mimic's server", () => {
  it("streams a chat reply: a role event, one event per token, usage on its own, [DONE]", async () => {
    const port = await start();
    const body = chatBody({ stream: true, stream_options: { include_usage: true } });
    const { status, headers, body: stream } = await ask(port, chat, body);
    expect([status, headers["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
    const events = eventsOf(stream);
    expect(events.at(-1)).toBe("[DONE]");
    const [role, ...rest] = events.slice(0, -1) as ChatEvent[];
    expect(role?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
    const tokens = rest.slice(0, -1).map(({ choices }) => choices[0]?.delta.content ?? "");
    expect(tokens).toHaveLength(6);
    expect(tokens.join("").split(" ")).toHaveLength(6);
    expect(rest.map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      null,
      null,
      "length",
      undefined,
    ]);
    // Seven words and marks, two around the message and one that opens the reply.
    expect(rest.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 6, total_tokens: 16 },
    });
    expect(new Set([role, ...rest].map((event) => event?.id)).size).toBe(1);
  });

  it("gives every event an HTTP chunk and a write of its own", async () => {
    const port = await start({ profile: { ...quick, step: { ...quickStep, baseMs: 20 } } });
    const { reads } = await packetsOf(port, chat, chatBody({ stream: true }), "", 200);
    const { chunks } = chunksOf(reads);
    expect(chunks.map((chunk) => chunk.match(/data: /g)?.length ?? 0)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0]);
    // The head alone, then events that are 20 ms apart.
    expect(reads[0]?.toString("latin1")).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n$/);
    expect(reads.length).toBeGreaterThanOrEqual(6);
  });

  it("answers without streaming, in one body that says how much it took", async () => {
    const port = await start();
    const { status, body } = await ask(port, chat, chatBody());
    const reply = JSON.parse(body) as { choices: { message: { content: string } }[]; usage: object; object: string };
    expect([status, reply.object]).toEqual([200, "chat.completion"]);
    expect(reply.choices[0]?.message.content.split(" ")).toHaveLength(6);
    expect(reply.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 6 });
    const text = await ask(port, "/v1/completions", { prompt: "one two three", max_tokens: 5, min_tokens: 5 });
    expect(JSON.parse(text.body)).toMatchObject({
      object: "text_completion",
      choices: [{ finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
  });

  it("sends the same bytes for the same seed and requests, and others for another seed", async () => {
    const bytesOf = async (seed: number) => {
      const port = await start({ seed });
      const first = await ask(port, chat, chatBody({ stream: true }));
      const second = await ask(port, chat, chatBody({ stream: true }));
      return [first, second];
    };
    const [one, again] = await bytesOf(1);
    expect(await bytesOf(1)).toEqual([one, again]);
    expect((await bytesOf(2))[0]?.body).not.toBe(one?.body);
    // The same request twice has ids of its own and the same words.
    const idOf = (stream: string | undefined) => (eventsOf(stream ?? "")[0] as ChatEvent).id;
    expect(idOf(one?.body)).not.toBe(idOf(again?.body));
  });

  it("takes max_tokens as a limit and ends by itself before it", async () => {
    const port = await start();
    const { body } = await ask(port, chat, {
      messages: [{ role: "user", content: "hello" }],
      max_completion_tokens: 1000,
    });
    const reply = JSON.parse(body) as { choices: { finish_reason: string }[]; usage: { completion_tokens: number } };
    expect(reply.choices[0]?.finish_reason).toBe("stop");
    expect(reply.usage.completion_tokens).toBeLessThan(100);
  });

  it.each([
    ["another model", chat, chatBody({ model: "gpt-9" }), 404, /"gpt-9\\?" does not exist/],
    ["no JSON", chat, "{not json", 400, /not JSON/],
    ["no object", chat, "[]", 400, /must be a JSON object/],
    ["no messages", chat, { model: "quick-model" }, 400, /messages must be a list/],
    ["an odd limit", chat, chatBody({ max_tokens: 0 }), 400, /max_tokens must be a whole number of at least 1/],
    ["several replies", chat, chatBody({ n: 2 }), 400, /n must be 1/],
    ["more than fits", chat, chatBody({ max_tokens: 5000 }), 400, /maximum context length is 4096/],
    ["stream options without a stream", chat, chatBody({ stream_options: {} }), 400, /only be set when stream is true/],
    ["a fault that is none", chat, chatBody(), 400, /no fault is called \\"warp\\"/, "warp"],
    ["an empty prompt", "/v1/completions", { prompt: "" }, 400, /prompt is empty/],
    [
      "an unknown path",
      "/v1/chat/completion",
      chatBody(),
      404,
      /there is no \/v1\/chat\/completion; try .*\/v1\/models/,
    ],
    ["the wrong method", "/v1/models", {}, 405, /takes GET/],
  ])("refuses %s with an error of OpenAI's shape", async (_what, path, body, status, message, fault = "") => {
    const port = await start();
    const answer = await ask(port, path, body, fault === "" ? {} : { "x-mimic-fault": fault });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(message);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { type: expect.any(String) as string, code: status } });
  });

  it("asks for its key where it was given one, on /v1 and nowhere else", async () => {
    const port = await start({ requireKey: "sesame" });
    const key = { authorization: "Bearer sesame" };
    expect((await ask(port, chat, chatBody())).status).toBe(401);
    expect((await ask(port, "/v1/models", undefined, { authorization: "Bearer no" })).status).toBe(401);
    expect((await ask(port, chat, chatBody(), key)).status).toBe(200);
    expect((await ask(port, "/v1/models", undefined, key)).status).toBe(200);
    expect((await ask(port, "/metrics")).status).toBe(200);
  });

  it("finds a conversation's earlier turns in its prefix cache", async () => {
    const port = await start();
    const messages = [{ role: "user", content: "word ".repeat(100) }];
    const first = JSON.parse((await ask(port, chat, { messages, max_tokens: 40, ignore_eos: true })).body) as {
      choices: { message: { role: string; content: string } }[];
    };
    const more = [...messages, first.choices[0]?.message, { role: "user", content: "and then?" }];
    const second = JSON.parse((await ask(port, chat, { messages: more, max_tokens: 4, ignore_eos: true })).body) as {
      usage: ChatEvent["usage"];
    };
    // 103 tokens of prompt and 39 of the 40 of the reply were computed: eight full blocks of 16.
    expect(second.usage?.prompt_tokens_details.cached_tokens).toBe(128);
  });

  it("counts what it saw: requests by path, in flight and its peak, connections", async () => {
    const port = await start();
    await Promise.all(Array.from({ length: 7 }, () => ask(port, chat, chatBody({ stream: true, max_tokens: 400 }))));
    await ask(port, "/nowhere");
    const state = await stateWhen(port, ({ requests }) => requests.in_flight === 0);
    expect(state.requests).toMatchObject({ received: 7, in_flight: 0, peak_in_flight: 7 });
    expect(state.requests.by_path).toMatchObject({ [chat]: 7, unknown: 1 });
    const looks = state.requests.by_path["/mimic/state"] ?? 0;
    expect(state.connections.accepted - looks).toBe(8);
  });

  it("queues what has no slot, and says so on its page", async () => {
    const port = await start();
    const all = Array.from({ length: 7 }, () => ask(port, chat, chatBody({ max_tokens: 150 })));
    await stateWhen(port, ({ ranks }) => ranks[0]?.waiting === 3);
    const page = metricsOf((await ask(port, "/metrics")).body);
    const gauge = (name: string) => page.get(`vllm:${name}{engine="0",model_name="quick-model"}`);
    expect([gauge("num_requests_running"), gauge("num_requests_waiting")]).toEqual([4, 3]);
    await Promise.all(all);
  });

  it("stops computing for a client that went away", async () => {
    const port = await start();
    const text = JSON.stringify(chatBody({ stream: true, max_tokens: 2000 }));
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST ${chat} HTTP/1.1\r\nHost: mimic\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    await new Promise((resolve) => socket.once("data", resolve));
    await stateWhen(port, ({ requests, ranks }) => requests.in_flight === 1 && ranks[0]?.running === 1);
    socket.destroy();
    await stateWhen(port, ({ requests, ranks }) => requests.in_flight === 0 && ranks[0]?.running === 0);
    const page = metricsOf((await ask(port, "/metrics")).body);
    const finished = (reason: string) =>
      page.get(`vllm:request_success_total{engine="0",finished_reason="${reason}",model_name="quick-model"}`);
    expect([finished("abort"), finished("length")]).toEqual([1, 0]);
  });

  it("stamps each token event with the time of its write when told to", async () => {
    const port = await start({ recordWrites: true });
    const before = monotonicNs();
    const { body } = await ask(port, chat, chatBody({ stream: true }));
    const after = monotonicNs();
    const events = eventsOf(body).filter((event): event is ChatEvent => typeof event === "object");
    const stamps = events
      .filter(({ choices }) => choices[0]?.delta.content !== "")
      .map((event) => BigInt(event.mimic_written_ns ?? 0));
    expect(stamps).toHaveLength(6);
    const inOrder = [before, ...stamps, after];
    expect(inOrder.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(inOrder);
  });

  it("refuses a profile or a fault that does not exist, with what there is", async () => {
    await expect(startQuick({ profile: "gpu9000" })).rejects.toThrow(/no profile "gpu9000"/);
    await expect(startQuick({ fault: "crlf, warp" })).rejects.toThrow(/no fault is called "warp"; there are .*crlf/);
    await expect(startQuick({ fault: "tokens-per-event=x" })).rejects.toThrow(/takes tokens, not "x"/);
    await expect(startQuick({ fault: "crlf=3" })).rejects.toThrow(/takes no value/);
  });
});
