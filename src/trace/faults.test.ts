/** What goes wrong between an agent and its endpoint: the agent sees it as without the proxy, and the trace says what it was. */
import { describe, expect, it } from "vitest";
import { talk } from "../../test/raw-client.ts";
import { type Script, startServer } from "../../test/servers.ts";
import { monotonicMs, sleep } from "../clock.ts";
import { traced } from "./proxy.fixture.ts";
import type { ModelCall, AgentTraceRow } from "../runs/schemas/agent-trace.ts";
import { createRecorder } from "./recorder.ts";

const event = (word: string) => {
  const data = `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${word}"}}]}\n\n`;
  return `${data.length.toString(16)}\r\n${data}\r\n`;
};
const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const request = (body = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}') =>
  `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface Case {
  server: Script;
  say?: string;
  hangUpAt?: RegExp;
  call: Partial<ModelCall>;
}

const cases: Record<string, Case> = {
  "the server resets in mid-stream": {
    async server(connection) {
      await connection.request();
      await connection.write(streamHead + event("one"));
      await sleep(30);
      await connection.write(event("two"));
      await sleep(30);
      connection.reset();
    },
    call: { status: "error", error: { kind: "reset", http_status: 200 }, events: 2 },
  },
  "the server ends in mid-stream": {
    async server(connection) {
      await connection.request();
      await connection.write(streamHead + event("one"));
      connection.end();
    },
    call: { status: "error", error: { kind: "truncated_stream", http_status: 200 }, events: 1 },
  },
  "the agent hangs up in mid-stream": {
    async server(connection) {
      if ((await connection.request()) === null) return;
      await connection.write(streamHead + event("first"));
      await connection.drip(event("more"), 20);
    },
    hangUpAt: /first/,
    call: { status: "cancelled" },
  },
  "a request is not JSON": {
    async server(connection) {
      await connection.request();
      await connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nwhat now?");
      connection.end();
    },
    say: request("this is not JSON"),
    call: { status: "error", error: { kind: "http_4xx", http_status: 400 }, not_understood: "request_not_json" },
  },
  "a reply is not JSON": {
    async server(connection) {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n<html>hm?");
      connection.end();
    },
    say: request('{"model":"m","messages":[{"role":"user","content":"hello"}]}'),
    call: { not_understood: "reply_not_json", response_bytes: 9 },
  },
  "a reply of 50 MB is one document": {
    server: long("application/json"),
    say: request('{"model":"m","messages":[{"role":"user","content":"hello"}]}'),
    call: { not_understood: "reply_too_large", response_bytes: 50_000_000 },
  },
};

function long(type: string): Script {
  return async (connection) => {
    await connection.request();
    await connection.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 50000000\r\n\r\n`);
    const piece = Buffer.alloc(1_000_000, "0.12345,");
    for (let written = 0; written < 50; written++) await connection.write(piece);
    connection.end();
  };
}

describe("the agent sees the same, and the trace says what happened, when", () => {
  it.each(Object.entries(cases))("%s", async (_, { server: script, say = request(), hangUpAt, call }) => {
    const server = await startServer(script);
    const rows: AgentTraceRow[] = [];
    const recorder = createRecorder({
      zeroMs: monotonicMs(),
      append: (row) => rows.push(row),
      appendText: null,
      key: new Uint8Array(32),
    });
    const { port, proxy } = await traced(server.port, { watcher: recorder });
    const until = hangUpAt === undefined ? undefined : ({ heard: hangUpAt, act: "hang up" } as const);
    const proxied = await talk(port, [say], until);
    const straight = await talk(server.port, [say], until);
    expect(proxied.end).toBe(straight.end);
    // How much comes before an agent hangs up is its own affair. A comparison, because a difference of 50 MB is no message.
    expect(until !== undefined || proxied.text === straight.text).toBe(true);
    await proxy.settle(5000);
    await recorder.finish(monotonicMs());
    expect(rows.find((row) => row.event === "node" && row.kind === "model_call")).toMatchObject(call);
    expect(proxy.notes().notRecorded).toEqual(new Map());
  });
});
