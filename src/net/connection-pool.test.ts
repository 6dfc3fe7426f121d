import { describe, expect, it, vi } from "vitest";
import { openClient, untilHabitIsKnown } from "../../test/client.ts";
import { answering, counted, type Script, startServer } from "../../test/servers.ts";
import { sleep } from "../clock.ts";
import { MAX_IDLE_MS } from "./connection-pool.ts";

/**
 * Answers the first request in an orderly way and the second one on the same connection with `answer`, then does
 * something to the connection; later connections are served in an orderly way.
 */
const answeringThen =
  (answer: string, then: Script): Script =>
  async (connection) => {
    if (connection.number > 0) return answering(counted("later"))(connection);
    await connection.request();
    await connection.write(counted("first"));
    await connection.request();
    await connection.write(answer);
    await then(connection);
  };

describe("a connection", () => {
  it("takes the next request, when the server is known to keep it", async () => {
    const server = await startServer(answering(counted("x")));
    const { get } = openClient(server.port);
    expect(await get()).toMatchObject({ failure: null, connectStartMs: expect.any(Number) as number });
    await untilHabitIsKnown();
    expect(await get()).toMatchObject({ failure: null, connectStartMs: null, connectedMs: null });
    expect(server.connections).toBe(1);
  });

  it("serves one request at a time", async () => {
    const server = await startServer(answering(counted("x")));
    const { get } = openClient(server.port);
    await Promise.all([get(), get(), get()]);
    expect(server.connections).toBe(3);
    await untilHabitIsKnown();
    await Promise.all([get(), get(), get()]);
    expect(server.connections).toBe(3);
  });

  it("is opened for each request when that is asked for, and ended after it", async () => {
    const server = await startServer(answering(counted("x")));
    const { get } = openClient(server.port, { connections: "new" });
    await get();
    await untilHabitIsKnown();
    await get();
    expect(server.connections).toBe(2);
    await vi.waitFor(() => expect(server.open).toBe(0));
  });
});

describe("a connection is not used again, and the next request succeeds on a new one,", () => {
  it.each<[string, Script]>([
    ["when the server said it would close it", answeringThen(counted("x", "Connection: close\r\n"), () => {})],
    ["when the server ended it", answeringThen(counted("x"), (connection) => connection.end())],
    ["when the server reset it", answeringThen(counted("x"), (connection) => connection.reset())],
    ["when more came with the response", answeringThen(`${counted("x")}\r\n`, () => {})],
    ["when a second response came with the first", answeringThen(counted("x") + counted("y"), () => {})],
    [
      "when something came while it waited",
      answeringThen(counted("x"), async (connection) => {
        await sleep(20);
        await connection.write(counted("late"));
      }),
    ],
    ["when its response was malformed", answeringThen("HTTP/1.1 200\r\nContent-Length: x\r\n\r\n", () => {})],
  ])("%s", async (_, script) => {
    const server = await startServer(script);
    const { get } = openClient(server.port);
    expect(await get()).toMatchObject({ body: "first" });
    await untilHabitIsKnown();
    expect(await get()).toMatchObject({ connectStartMs: null });
    await sleep(60);
    expect(await get()).toMatchObject({ failure: null, body: "later", connectStartMs: expect.any(Number) as number });
    expect(server.connections).toBe(2);
  });

  it("when it waited too long", async () => {
    const server = await startServer(answering(counted("x")));
    const { get } = openClient(server.port);
    await get();
    await sleep(MAX_IDLE_MS + 50);
    expect(await get()).toMatchObject({ failure: null, connectStartMs: expect.any(Number) as number });
    await vi.waitFor(() => expect(server.open).toBe(1));
  });

  it("when its request was cancelled", async () => {
    const server = await startServer(answeringThen("HTTP/1.1 200\r\nContent-Length: 9\r\n\r\nx", () => {}));
    const { get } = openClient(server.port);
    await get();
    await untilHabitIsKnown();
    const cancelled = await get({}, { onBody: () => "enough" });
    expect(cancelled).toMatchObject({ failure: { kind: "cancelled" }, connectStartMs: null });
    expect(await get()).toMatchObject({ failure: null, body: "later" });
  });
});

describe("a server that closes each connection a moment after its reply, without a word", () => {
  it("never sees a second request on one", async () => {
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write(counted("x"));
      await sleep(2);
      connection.end();
    });
    const { get } = openClient(server.port);
    for (let times = 0; times < 3; times++) expect(await get()).toMatchObject({ failure: null, body: "x" });
    await untilHabitIsKnown();
    for (let times = 0; times < 3; times++) expect(await get()).toMatchObject({ failure: null, body: "x" });
    expect(server.connections).toBe(6);
  });
});

describe("a server that ends a connection because it was idle for long", () => {
  it("keeps the others", async () => {
    const server = await startServer(async (connection) => {
      if (connection.number > 0) return answering(counted("later"))(connection);
      await connection.request();
      await connection.write(counted("x"));
      await sleep(150);
      connection.end();
    });
    const { get } = openClient(server.port);
    await get();
    await sleep(250);
    for (let times = 0; times < 3; times++) expect(await get()).toMatchObject({ failure: null, body: "later" });
    expect(server.connections).toBe(2);
  });
});

describe("closing the client", () => {
  it("ends the waiting connections, and a running exchange's after it", async () => {
    const server = await startServer(async (connection) => {
      if (connection.number === 0) await sleep(100);
      await answering(counted("x"))(connection);
    });
    const { get, close } = openClient(server.port);
    const slow = get();
    await get();
    expect(server.open).toBe(2);
    close();
    expect(await slow).toMatchObject({ failure: null, body: "x" });
    await vi.waitFor(() => expect(server.open).toBe(0));
  });
});
