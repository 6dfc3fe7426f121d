import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faults } from "./faults.ts";
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
import type { RunningMimic } from "./start.ts";

const chat = "/v1/chat/completions";
let mimic: RunningMimic;
const tried = new Set<string>();

beforeAll(async () => {
  mimic = await startQuick();
});
afterAll(() => mimic.close());

const withUsage = { stream: true, stream_options: { include_usage: true } };

async function streamed(fault: string, more: object = withUsage): Promise<ChatEvent[]> {
  tried.add(fault.split("=")[0] ?? "");
  const { status, body } = await ask(mimic.port, chat, chatBody(more), { "x-mimic-fault": fault });
  expect(status).toBe(200);
  return eventsOf(body) as ChatEvent[];
}

function packets(fault: string, patienceMs?: number) {
  tried.add(fault.split("=")[0] ?? "");
  return packetsOf(mimic.port, chat, chatBody({ stream: true, max_tokens: 8 }), fault, patienceMs);
}

interface ChatEvent {
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[];
  usage?: { completion_tokens: number; completion_tokens_details?: { reasoning_tokens: number } };
  error?: unknown;
}

const deltas = (events: readonly ChatEvent[]) =>
  events.flatMap(({ choices }) => choices ?? []).map(({ delta }) => delta);
const fieldsOf = (events: readonly ChatEvent[]) => [...new Set(deltas(events.slice(1)).flatMap(Object.keys))];
const withUsageAt = (events: readonly ChatEvent[]) =>
  events.flatMap(({ usage }, i) => (usage === undefined ? [] : [i]));

describe("a fault of the mimic looks on the wire as it does in life", () => {
  it("role-event-first: the role event comes with the head, long before the first token", async () => {
    // The prompt takes two seconds.
    const busy = await startQuick({ profile: { ...quick, step: { ...quickStep, prefillTokensPerSecond: 5 } } });
    tried.add("role-event-first");
    const { reads } = await packetsOf(busy.port, chat, chatBody({ stream: true }), "role-event-first", 300);
    expect(chunksOf(reads).chunks.map((chunk) => chunk.includes('"role":"assistant"'))).toEqual([true]);
    const usual = await packetsOf(busy.port, chat, chatBody({ stream: true }), "", 300);
    expect(chunksOf(usual.reads).chunks).toEqual([]);
    await busy.close();
  });

  it("tokens-per-event: several tokens in each event, the rest in the last", async () => {
    const events = await streamed("tokens-per-event=4");
    const words = deltas(events).map(({ content }) => String(content).trim().split(" ").length);
    expect(words).toEqual([1, 4, 2]);
  });

  it.each([
    ["reasoning-then-content", ["reasoning_content", "content"], 3],
    ["reasoning-field-then-content", ["reasoning", "content"], 3],
    ["reasoning-only", ["reasoning_content"], 6],
  ])("%s: the deltas have %j", async (fault, fields, reasoningTokens) => {
    const events = await streamed(fault);
    expect(fieldsOf(events)).toEqual(fields);
    expect(events.at(-2)?.usage?.completion_tokens_details?.reasoning_tokens).toBe(reasoningTokens);
  });

  it("tool-calls-only: a name, then arguments that are JSON together, and no content", async () => {
    const events = await streamed("tool-calls-only");
    expect(fieldsOf(events)).toEqual(["tool_calls"]);
    const calls = deltas(events).flatMap(({ tool_calls }) => (tool_calls as ToolCall[] | undefined) ?? []);
    expect(calls[0]?.function.name).toBe("lookup");
    const parsed = JSON.parse(calls.map((call) => call.function.arguments).join("")) as { query: string };
    expect(parsed.query.split(" ")).toHaveLength(3);
    expect(events.at(-3)?.choices[0]?.finish_reason).toBe("tool_calls");
  });

  it.each([
    ["usage-own-event", [7]],
    ["usage-on-last", [6]],
    ["usage-every", [1, 2, 3, 4, 5, 6, 7]],
    ["usage-never", []],
  ])("%s: usage is on the events %j", async (fault, places) => {
    expect(withUsageAt(await streamed(fault))).toEqual(places);
  });

  it("usage-every counts what has come so far", async () => {
    const events = await streamed("usage-every", { stream: true });
    expect(events.map(({ usage }) => usage?.completion_tokens)).toEqual([undefined, 1, 2, 3, 4, 5, 6, undefined]);
  });

  it("refuse-usage: 400 for stream_options, and nothing wrong without", async () => {
    tried.add("refuse-usage");
    const fault = { "x-mimic-fault": "refuse-usage" };
    const refused = await ask(mimic.port, chat, chatBody(withUsage), fault);
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('"param":"stream_options"')]);
    expect((await ask(mimic.port, chat, chatBody({ stream: true }), fault)).status).toBe(200);
  });

  it("no-done: the last event is not [DONE]", async () => {
    const events = await streamed("no-done");
    expect(events.at(-1)?.usage?.completion_tokens).toBe(6);
  });

  it("empty-stream: a role event and [DONE], nothing else", async () => {
    const events = await streamed("empty-stream", { stream: true });
    expect(events).toMatchObject([{ choices: [{ delta: { role: "assistant" } }] }, "[DONE]"]);
  });

  it("error-in-200: two tokens, an error event, [DONE]", async () => {
    const events = await streamed("error-in-200=2");
    expect(events.map((event) => event.error !== undefined)).toEqual([false, false, false, true, false]);
    expect(events.at(-1)).toBe("[DONE]");
  });

  it.each([
    ["http-429=7", 429, { "retry-after": "7", "content-type": "application/json" }, /"type":"RateLimitError"/],
    ["http-500", 500, { "content-type": "application/json" }, /"code":500/],
    ["redirect", 302, { location: "http://elsewhere.invalid/v1/models" }, /^$/],
    ["html", 200, { "content-type": "text/html; charset=utf-8" }, /^<!doctype html>/],
  ])("%s: answers %i instead of a reply", async (fault, status, headers, body) => {
    tried.add(fault.split("=")[0] ?? "");
    const answer = await ask(mimic.port, chat, chatBody({ stream: true }), { "x-mimic-fault": fault });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(headers);
    expect(answer.body).toMatch(body);
  });

  it("hang-before-head: not a byte, and the connection stays", async () => {
    expect(await packets("hang-before-head", 100)).toEqual({ reads: [], ended: "open" });
  });

  it("hang-mid-stream: some events, then silence with the connection open", async () => {
    const { reads, ended } = await packets("hang-mid-stream=2");
    expect(chunksOf(reads).chunks).toHaveLength(3);
    expect(ended).toBe("open");
  });

  it("slow-head: nothing for a while, then everything", async () => {
    expect((await packets("slow-head=1000", 100)).reads).toEqual([]);
    const { reads } = await packets("slow-head=50");
    expect(chunksOf(reads).chunks.at(-2)).toBe("data: [DONE]\n\n");
  });

  it("byte-per-second: one byte to the packet, framing and all, and a whole body in the end", async () => {
    tried.add("byte-per-second");
    const body = { prompt: "one", max_tokens: 1, stream: true };
    const { reads, ended } = await packetsOf(mimic.port, "/v1/completions", body, "byte-per-second=1");
    const [head, ...bytes] = reads;
    expect(head?.toString("latin1").toLowerCase()).toContain("connection: close");
    expect(bytes.filter((read) => read.length === 1).length).toBeGreaterThan(bytes.length / 2);
    expect(bytes.length).toBeGreaterThan(100);
    expect(chunksOf(reads).chunks.slice(-2)).toEqual(["data: [DONE]\n\n", ""]);
    expect(ended).toBe("end");
  });

  it("reset-mid-stream: some events, then a reset", async () => {
    const { reads, ended } = await packets("reset-mid-stream=2");
    expect(chunksOf(reads).chunks.length).toBeLessThanOrEqual(3);
    expect(ended).toBe("reset");
  });

  it("truncated-chunk: the connection ends inside a chunk", async () => {
    const { reads, ended } = await packets("truncated-chunk=2");
    const { chunks, rest } = chunksOf(reads);
    expect([chunks.length, rest, ended]).toEqual([3, '40\r\ndata: {"id":"', "end"]);
  });

  it("truncated-stream: the connection ends between two chunks, without the last", async () => {
    const { reads, ended } = await packets("truncated-stream=2");
    const { chunks, rest } = chunksOf(reads);
    expect([chunks.length, rest, ended]).toEqual([3, "", "end"]);
    expect(chunks.at(-1)).toMatch(/\n\n$/);
  });

  it("crlf: every line ends with CR LF", async () => {
    const { chunks } = chunksOf((await packets("crlf")).reads);
    expect(chunks.slice(0, -1).every((chunk) => /^data: .*\r\n\r\n$/.test(chunk))).toBe(true);
  });

  it("crlf-split: CR and LF come in different chunks", async () => {
    const { chunks } = chunksOf((await packets("crlf-split=1")).reads);
    expect(chunks[0]).toMatch(/^data: .*\r$/);
    expect(chunks.slice(1, 3)).toEqual(["\n\r", "\n"]);
    expect(chunks.at(-2)).toBe("\n");
  });

  it("multibyte-split: a character's bytes come in different packets", async () => {
    tried.add("multibyte-split");
    const body = chatBody({ stream: true, max_tokens: 3 });
    const { reads } = await packetsOf(mimic.port, chat, body, "multibyte-split=30");
    const halves = reads.filter((read) => read.toString("utf8").includes("\ufffd"));
    expect(halves.length).toBeGreaterThanOrEqual(3);
    // Put together by their framing, the events are whole.
    const raw = Buffer.concat(reads)
      .toString("latin1")
      .replace(/^[^]*?\r\n\r\n/, "");
    const joined = Buffer.from(raw.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, ""), "latin1").toString("utf8");
    expect(joined).not.toContain("\ufffd");
    expect(joined).toMatch(/"content":" ?(naïve|größe|épée|東京|語彙|спасибо|नमस्ते|🙂|🚀)"/);
  });

  it("close-idle: the server ends a kept-alive connection that has nothing to do", async () => {
    const { reads, ended } = await packets("close-idle=40");
    expect(reads[0]?.toString("latin1").toLowerCase()).toContain("connection: keep-alive");
    expect(chunksOf(reads).chunks.at(-1)).toBe("");
    expect(ended).toBe("end");
  });

  it("takes several faults together", async () => {
    const fault = { "x-mimic-fault": "reasoning-then-content, tokens-per-event=3, no-done" };
    const events = eventsOf((await ask(mimic.port, chat, chatBody({ stream: true }), fault)).body) as ChatEvent[];
    expect(deltas(events).map(Object.keys)).toEqual([["role", "content"], ["reasoning_content"], ["content"]]);
  });

  it("breaks a reply that is not a stream in half", async () => {
    const { reads, ended } = await packetsOf(mimic.port, chat, chatBody(), "truncated-stream");
    const text = Buffer.concat(reads).toString("utf8");
    const promised = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    expect(text.split("\r\n\r\n")[1]).toHaveLength(promised >> 1);
    expect(ended).toBe("end");
  });

  it("ends what it computes for a reply that it broke", async () => {
    await packets("truncated-stream=1");
    await stateWhen(mimic.port, ({ requests, ranks }) => requests.in_flight === 0 && ranks[0]?.running === 0);
    const page = metricsOf((await ask(mimic.port, "/metrics")).body);
    const aborted = page.get('vllm:request_success_total{engine="0",finished_reason="abort",model_name="quick-model"}');
    expect(aborted).toBeGreaterThan(0);
  });

  it("is in the table, and everything in the table was tried here", () => {
    expect([...tried].toSorted()).toEqual(Object.keys(faults).toSorted());
    for (const { about } of Object.values(faults)) expect(about).toMatch(/^[^\n]{10,120}$/);
  });
});

interface ToolCall {
  function: { name?: string; arguments: string };
}
