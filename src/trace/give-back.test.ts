import { describe, expect, it } from "vitest";
import { talk } from "../../test/raw-client.ts";
import { startServer } from "../../test/servers.ts";
import type { ExchangeWatcher } from "./exchange.ts";
import { giveBackAfter } from "./give-back.ts";
import { traced } from "./proxy.fixture.ts";

describe("the memory of a read", () => {
  it("is given back once the last who needs it is done", () => {
    const bytes = new Uint8Array(1000).fill(7);
    const giveBack = giveBackAfter(bytes, 2);
    giveBack();
    expect(bytes[999]).toBe(7);
    giveBack();
    expect(bytes.buffer.detached).toBe(true);
  });

  it("stays where others have a part of it", () => {
    const bytes = new Uint8Array(1000).subarray(10);
    giveBackAfter(bytes, 1)();
    expect(bytes.buffer.detached).toBe(false);
  });

  it("is given back by the proxy once it has passed and was shown, of requests and of replies", async () => {
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${"x".repeat(300_000)}`);
      connection.end();
    });
    const pieces: Uint8Array[] = [];
    const shown = { request: 0, reply: 0 };
    const { port, proxy } = await traced(server.port, { watcher: keeping(pieces, shown) });
    const post = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n`;
    const heard = await talk(port, [post + "y".repeat(200_000)]);
    expect(heard.text.endsWith("x".repeat(300_000))).toBe(true);
    await proxy.settle(5000);
    expect(shown).toEqual({ request: 200_000, reply: 300_000 });
    expect(pieces.filter(({ buffer }) => !(buffer as ArrayBuffer).detached)).toEqual([]);
  });
});

/** Keeps what it is shown, which nobody should, and counts it when it is shown. */
function keeping(pieces: Uint8Array[], shown: { request: number; reply: number }): ExchangeWatcher {
  const keep = (of: "request" | "reply") => (bytes: Uint8Array) => {
    pieces.push(bytes);
    shown[of] += bytes.length;
  };
  const nothing = () => {};
  return {
    begin: () => ({
      requestBody: keep("request"),
      requestEnd: nothing,
      sent: nothing,
      responseHead: nothing,
      responseBody: keep("reply"),
      bodyLost: nothing,
      end: nothing,
    }),
  };
}
