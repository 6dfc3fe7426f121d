import { describe, expect, it } from "vitest";
import type { RequestSettings } from "./dialect.ts";
import { chat } from "./chat.ts";
import { completions } from "./completions.ts";
import { readers } from "./readers.ts";

const settings: RequestSettings = { model: "m", outputTokens: 16, streamUsage: true, body: {} };

describe("what is posted", () => {
  it("asks chat for a stream, its counts and exactly this many tokens", () => {
    expect(chat.encode({ kind: "text", text: "hello" }, settings)).toEqual({
      model: "m",
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 16,
      min_tokens: 16,
      ignore_eos: true,
      messages: [{ role: "user", content: "hello" }],
    });
  });

  it("sends messages as they are, with fields that only the server knows", () => {
    const messages = [{ role: "user", content: [{ type: "text", text: "hi" }], name: "x" }];
    expect(chat.encode({ kind: "messages", messages }, settings)["messages"]).toEqual(messages);
  });

  it("leaves the length to the server when none is wanted, and the counts out when they are not", () => {
    const body = completions.encode(
      { kind: "text", text: "hello" },
      { ...settings, outputTokens: null, streamUsage: false },
    );
    expect(body).toEqual({ model: "m", stream: true, prompt: "hello" });
  });

  it("merges --body: its members win, and null takes one out", () => {
    const body = { temperature: 0, ignore_eos: null, max_tokens: 4 };
    const posted = completions.encode({ kind: "text", text: "hello" }, { ...settings, body });
    expect(posted).toMatchObject({ temperature: 0, max_tokens: 4, min_tokens: 16 });
    expect(posted).not.toHaveProperty("ignore_eos");
  });
});

describe("what an event says", () => {
  it("reads the counts with their details, and nothing that is not a count", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    expect(chat.decode({ choices: [], usage }).usage).toEqual({
      inputTokens: 10,
      outputTokens: 3,
      cachedTokens: 8,
      reasoningTokens: 2,
    });
    expect(chat.decode({ choices: [], usage: { ...usage, completion_tokens: -1 } }).usage).toBeNull();
    expect(chat.decode({ choices: [], usage: { ...usage, prompt_tokens: "10" } }).usage).toBeNull();
    expect(chat.decode({ choices: [], usage: null }).usage).toBeNull();
  });

  it.each([null, 3, "text", []])("refuses %j, which is no event", (data) => {
    expect(() => chat.decode(data)).toThrow(TypeError);
    expect(() => completions.decode(data)).toThrow(TypeError);
  });

  it.each(["constructor", "toString", "__proto__"])(
    "takes %s, a name that every object has, for another end",
    (word) => {
      expect(chat.decode({ choices: [{ delta: {}, finish_reason: word }] }).finishReason).toBe("other");
      const ended = { type: "message_delta", delta: { stop_reason: word } };
      expect(readers.messages.replies.stream()(ended).finishReason).toBe("other");
    },
  );

  it("joins the choices of one event", () => {
    const choices = [{ delta: { content: "a" } }, { delta: { content: "b" }, finish_reason: "stop" }];
    expect(chat.decode({ choices })).toMatchObject({ content: "ab", finishReason: "stop" });
  });
});
