import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mintAuthority } from "../net/authority.ts";
import type { HttpClient, HttpRequest, NetFailure, ResponseHead } from "../net/http-client.ts";
import { ResponseReader } from "../net/http1-reader.ts";
import { chat } from "./dialects/chat.ts";
import { completions } from "./dialects/completions.ts";
import type { Dialect } from "./dialects/dialect.ts";
import type { StreamOutcome } from "./stream-outcome.ts";
import { streamRequest } from "./stream-request.ts";

const recorded = new URL("../../test/fixtures/real-engine/", import.meta.url);
const limits = { connectTimeoutMs: 1000, requestTimeoutMs: null, idleTimeoutMs: 1000 };

describe("a stream that llama.cpp's server sent", () => {
  const bytes = readFileSync(new URL("chat-stream.http", recorded));
  const { sizes } = JSON.parse(readFileSync(new URL("chat-stream.reads.json", recorded), "utf8")) as {
    sizes: number[];
  };

  it("is understood as it came off the socket", async () => {
    const outcome = await replay(chat, piecesOf(bytes, sizes));
    expect(outcome).toMatchObject({
      status: "ok",
      error: null,
      finishReason: "length",
      usage: { outputTokens: 48 },
      // The head is the first read; the role event comes in one read with the first text.
      firstByteMs: 1,
      firstTokenMs: 2,
      firstContentMs: 2,
      firstReasoningMs: null,
      firstToolMs: null,
      burstEvents: 0,
      endMs: sizes.length,
    });
    expect(outcome.tokenEvents).toHaveLength(48);
    expect(outcome.text?.length).toBeGreaterThan(100);
  });

  it("says the same however the bytes are split", async () => {
    const whole = await replay(chat, [bytes]);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const outcome = await replay(
        chat,
        piecesOf(
          bytes,
          Array.from({ length: Math.ceil(bytes.length / size) }, () => size),
        ),
      );
      expect(outcome.text).toBe(whole.text);
      expect(outcome.tokenEvents).toHaveLength(whole.tokenEvents.length);
      expect(outcome).toMatchObject({ status: "ok", usage: whole.usage, finishReason: whole.finishReason });
    }
    expect(whole.burstEvents).toBe(47);
  });

  it("counts on the finish event of completions", async () => {
    const outcome = await replay(completions, [readFileSync(new URL("completions-stream.http", recorded))]);
    expect(outcome).toMatchObject({ status: "ok", finishReason: "stop", usage: { outputTokens: 10 } });
  });

  it("without a piece of text is an empty response, whatever it counted", async () => {
    const outcome = await replay(chat, [readFileSync(new URL("chat-stream-no-text.http", recorded))]);
    expect(outcome).toMatchObject({
      status: "error",
      error: { kind: "empty_response", httpStatus: 200 },
      firstTokenMs: null,
    });
    expect(outcome.usage?.outputTokens).toBeGreaterThan(0);
  });

  it("that is an error keeps what the server said, cut short", async () => {
    const outcome = await replay(chat, [readFileSync(new URL("error-400.http", recorded))]);
    expect(outcome).toMatchObject({ status: "error", error: { kind: "http_4xx", httpStatus: 400 } });
    expect(outcome.refusal).toContain("error");
  });
});

describe("the outcome", () => {
  const role = { choices: [{ delta: { role: "assistant", content: "" } }] };
  const word = (content: string) => ({ choices: [{ delta: { content } }] });
  const finish = { choices: [{ delta: {}, finish_reason: "stop" }] };

  it("does not take an empty role event for a token", async () => {
    const outcome = await replay(chat, stream([role, word("a"), finish, "[DONE]"]));
    expect(outcome).toMatchObject({ status: "ok", firstByteMs: 1, firstTokenMs: 3, lastTokenMs: 3 });
  });

  it("tells reasoning, content and tool calls apart", async () => {
    const thinking = { choices: [{ delta: { reasoning_content: "hm" } }] };
    const thinkingNow = { choices: [{ delta: { reasoning: "hm" } }] };
    const call = { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: "{" } }] } }] };
    const outcome = await replay(chat, stream([thinking, thinkingNow, word("a"), call, finish, "[DONE]"]));
    expect(outcome).toMatchObject({
      firstTokenMs: 2,
      firstReasoningMs: 2,
      firstContentMs: 4,
      firstToolMs: 5,
      lastTokenMs: 5,
    });
    expect(eventsOf(outcome).map(([atMs]) => atMs)).toEqual([2, 3, 4, 5]);
  });

  it("knows the tokens of an event only from a count on it and on the one before", async () => {
    const counted = (content: string, tokens: number) => ({
      ...word(content),
      usage: { prompt_tokens: 5, completion_tokens: tokens },
    });
    const outcome = await replay(
      chat,
      stream([counted("ab", 2), counted("cde", 5), word("f"), counted("g", 8), finish, "[DONE]"]),
    );
    expect(eventsOf(outcome).map(([, tokens]) => tokens)).toEqual([2, 3, 0, 0]);
    expect(outcome.usage).toMatchObject({ inputTokens: 5, outputTokens: 8 });
  });

  it.each<[string, (string | object)[], NetFailure | null, Partial<StreamOutcome>]>([
    ["no [DONE] but a finish reason is whole", [word("a"), finish], null, { status: "ok" }],
    ["[DONE] without a finish reason is whole", [word("a"), "[DONE]"], null, { status: "ok" }],
    [
      "neither is truncated",
      [word("a")],
      null,
      { status: "error", error: { kind: "truncated_stream", httpStatus: 200 } },
    ],
    [
      "a break after [DONE] takes nothing away",
      [word("a"), finish, "[DONE]"],
      { kind: "reset", message: "" },
      { status: "ok", endMs: 4 },
    ],
    [
      "a break before it does",
      [word("a"), finish],
      { kind: "reset", message: "" },
      { status: "error", error: { kind: "reset", httpStatus: 200 }, lastTokenMs: 2 },
    ],
    [
      "an error event is a failure, with its tokens",
      [word("a"), { error: { message: "out of memory" } }, "[DONE]"],
      null,
      { status: "error", error: { kind: "server_error_in_stream", httpStatus: 200 }, lastTokenMs: 2 },
    ],
    [
      "an event that is not JSON is malformed",
      [word("a"), "{nonsense"],
      null,
      { status: "error", error: { kind: "malformed_stream", httpStatus: 200 } },
    ],
    [
      "a silent server is idle",
      [],
      { kind: "idle_timeout", message: "" },
      { status: "error", error: { kind: "idle_timeout", httpStatus: 200 } },
    ],
    [
      "this machine's own limit is nobody's failure",
      [],
      { kind: "client_limit", message: "" },
      { status: "not_sent", error: null },
    ],
    [
      "a finish reason of the server's own is not kept",
      [word("a"), { choices: [{ delta: {}, finish_reason: "secret text" }] }, "[DONE]"],
      null,
      { finishReason: "other" },
    ],
  ])("%s", async (_, events, failure, expected) => {
    expect(await replay(chat, stream(events), failure)).toMatchObject(expected);
  });
});

/** The reads of a 200 with these events, one a read, the head in a read of its own. */
function stream(events: (string | object)[]): Buffer[] {
  const chunk = (text: string) => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  const data = events.map((event) => chunk(`data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`));
  return [Buffer.from(head), ...data, Buffer.from("0\r\n\r\n")];
}

function piecesOf(bytes: Buffer, sizes: number[]): Buffer[] {
  let at = 0;
  return sizes.map((size) => bytes.subarray(at, (at += size)));
}

/** One request answered with these reads, one a millisecond from 1 on, and then with this failure. */
function replay(dialect: Dialect, reads: Buffer[], failure: NetFailure | null = null): Promise<StreamOutcome> {
  const client: HttpClient = {
    exchange(_request, _limits, observer = {}) {
      let atMs = 0;
      let head: ResponseHead | null = null;
      let isEnough = false;
      const reader = new ResponseReader({
        onHead: (received) => {
          head = received;
          observer.onHead?.(received, atMs);
        },
        onBody(bytes, from, to) {
          isEnough ||= observer.onBody?.(bytes, from, to, atMs) === "enough";
        },
      });
      observer.onSent?.(0);
      for (const read of reads) {
        atMs++;
        // A failure comes before the end that these reads have.
        if (failure !== null && read === reads.at(-1)) break;
        reader.feed(read);
      }
      const cancelled: NetFailure | null = isEnough ? { kind: "cancelled", message: "" } : null;
      const moments = { connectStartMs: null, connectedMs: null, sentMs: 0, firstByteMs: 1, endMs: atMs };
      return Promise.resolve({ ...moments, head, failure: failure ?? cancelled });
    },
    close: () => {},
  };
  const authority = mintAuthority("inference-endpoint", "127.0.0.1", 8000, "--endpoint");
  const request: HttpRequest = { authority, tls: null, method: "POST", path: "/", headers: [], body: null };
  return streamRequest(client, request, dialect, limits, { keepText: true });
}

function eventsOf({ tokenEvents }: StreamOutcome): [atMs: number, tokens: number][] {
  return Array.from({ length: tokenEvents.length }, (_, at) => [tokenEvents.msAt(at), tokenEvents.tokensAt(at)]);
}
