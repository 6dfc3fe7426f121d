/** For tests: a recorder that is told of exchanges as a proxy would tell it, on a clock that counts by itself. */
import type { AgentTraceRow, ModelCall, TraceNode } from "../runs/schemas/agent-trace.ts";
import { agentTraceRowSchema } from "../runs/schemas/agent-trace.ts";
import type { TextRow } from "../runs/schemas/text.ts";
import type { ExchangeEnd, ExchangeFollower } from "./exchange.ts";
import { createRecorder } from "./recorder.ts";

export interface Told {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  /** Given as it is when it is text or bytes. */
  request: unknown;
  status?: number;
  replyHeaders?: Record<string, string>;
  /** Each piece comes a millisecond after the one before. */
  reply: string | readonly Uint8Array[];
  end?: ExchangeEnd;
}

export const complete: ExchangeEnd = { by: "complete", error: null };
export const eventStream = { "content-type": "text/event-stream; charset=utf-8" };

export function startRecording(options: { text?: boolean; key?: number } = {}) {
  const rows: AgentTraceRow[] = [];
  const texts: TextRow[] = [];
  let nowMs = 1000;
  const recorder = createRecorder({
    zeroMs: 1000,
    append: (row) => rows.push(agentTraceRowSchema.parse(row)),
    appendText: options.text === true ? (row) => texts.push(row) : null,
    key: new Uint8Array(32).fill(options.key ?? 7),
  });

  /** The request, to its end. */
  const ask = ({ path = "/v1/chat/completions", method = "POST", headers = {}, request }: Omit<Told, "reply">) => {
    const follower = recorder.begin({ atMs: ++nowMs, method, path, headers: new Map(Object.entries(headers)) });
    follower.requestBody(bytesOf(request), nowMs);
    void follower.requestEnd(++nowMs);
    follower.sent(++nowMs);
    return follower;
  };
  const answer = (
    follower: ExchangeFollower,
    { status = 200, replyHeaders, reply, end = complete }: Omit<Told, "request">,
  ) => {
    const pieces = typeof reply === "string" ? [Buffer.from(reply)] : reply;
    const isStream = typeof reply === "string" && /^(data|event):/.test(reply);
    const headers = replyHeaders ?? (isStream ? eventStream : { "content-type": "application/json" });
    follower.responseHead(status, new Map(Object.entries(headers)), ++nowMs);
    for (const piece of pieces) follower.responseBody(piece, ++nowMs);
    void follower.end(end, ++nowMs);
  };

  return {
    rows,
    texts,
    recorder,
    ask,
    answer,
    tell(told: Told): void {
      answer(ask(told), told);
    },
    wait(ms: number): void {
      nowMs += ms;
    },
    now: () => nowMs - 1000,
    nodes: () => rows.filter((row): row is TraceNode => row.event === "node").sort((a, b) => a.id - b.id),
    calls: () => rows.filter((row): row is ModelCall => row.event === "node" && row.kind === "model_call"),
    finish: () => recorder.finish(++nowMs),
  };
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

export const events = (...data: unknown[]) =>
  data.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join("");

/** A whole reply of chat. */
export function chatReply(message: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  const finish_reason = message["tool_calls"] === undefined ? "stop" : "tool_calls";
  return JSON.stringify({
    id: "chatcmpl-1",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
    ...more,
  });
}

export const called = (id: string, name: string, args: unknown = {}) => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(args) },
});
