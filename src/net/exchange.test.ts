import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { openClient, patient, untilHabitIsKnown } from "../../test/client.ts";
import { answering, closedPort, counted, type Script, startServer } from "../../test/servers.ts";
import { mintAuthority } from "./authority.ts";
import { encodeRequest } from "./exchange.ts";
import type { Exchange, ExchangeLimits, ExchangeObserver, HttpRequest } from "./http-client.ts";

async function exchangeWith(script: Script, limits: Partial<ExchangeLimits> = {}, observer: ExchangeObserver = {}) {
  const server = await startServer(script);
  return openClient(server.port).get(limits, observer);
}

describe("an exchange", () => {
  it("sends the request as it was given and hands over head and body", async () => {
    let received: string | null = null;
    const server = await startServer(async (connection) => {
      received = await connection.request();
      await connection.write(counted("pong", "X-Server: raw\r\n"));
    });
    const exchange = await openClient(server.port).get(
      {},
      {},
      {
        method: "POST",
        path: "/v1/x?y=1",
        headers: [
          ["Content-Type", "application/json"],
          ["X-Latin", "caf\xe9"],
        ],
        body: Buffer.from("ping"),
      },
    );
    expect(received).toBe(
      `POST /v1/x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/json\r\nX-Latin: caf\xe9\r\n` +
        "Content-Length: 4\r\n\r\nping",
    );
    expect(exchange).toMatchObject({ body: "pong", failure: null, head: { status: 200 } });
    expect(exchange.head?.headers.get("x-server")).toBe("raw");
  });

  it("stamps its moments in the order in which they happen", async () => {
    const moments: [string, number][] = [];
    const exchange = await exchangeWith(
      async (connection) => {
        await connection.request();
        await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const piece of ["1\r\na\r\n", "1\r\nb\r\n", "0\r\n\r\n"]) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          await connection.write(piece);
        }
      },
      {},
      {
        onSent: (atMs) => moments.push(["sent", atMs]),
        onHead: (_, atMs) => moments.push(["head", atMs]),
        onBody(_bytes, _from, _to, atMs) {
          moments.push(["body", atMs]);
          return undefined;
        },
      },
    );
    expect(moments.map(([name]) => name)).toEqual(["sent", "head", "body", "body"]);
    const times = moments.map(([, atMs]) => atMs);
    const { connectStartMs, connectedMs, sentMs, firstByteMs, endMs } = exchange;
    const [sent, head, first, second] = times;
    expect([sent, head]).toEqual([sentMs, firstByteMs]);
    const inOrder = [connectStartMs, connectedMs, sentMs, firstByteMs, first, second, endMs] as number[];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    expect((second as number) - (first as number)).toBeGreaterThan(10);
  });

  it("ends with the connection when the response has no length", async () => {
    const exchange = await exchangeWith(async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\n\r\nhello");
      connection.end();
    });
    expect(exchange).toMatchObject({ body: "hello", failure: null });
  });

  it("counts what went each way", async () => {
    const answer = counted("x".repeat(100_000));
    const server = await startServer(answering(answer));
    const { gate, get } = openClient(server.port);
    await get();
    await untilHabitIsKnown();
    await get();
    const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`;
    const expected = {
      connections: 1,
      lookups: 0,
      addresses: 1,
      bytesOut: 2 * request.length,
      bytesIn: 2 * answer.length,
    };
    expect(gate.uses()).toMatchObject([expected]);
    gate.close();
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(gate.uses()).toMatchObject([expected]);
  });

  it("reads a body that is larger than any buffer", async () => {
    const body = "0123456789abcdef".repeat(256 * 1024);
    const exchange = await exchangeWith(answering(counted(body)));
    expect(exchange.failure).toBeNull();
    expect(exchange.body === body).toBe(true);
  });
});

describe("a failed exchange says what failed:", () => {
  it("nothing listens", async () => {
    const exchange = await openClient(await closedPort()).get();
    expect(exchange).toMatchObject({ failure: { kind: "refused" }, sentMs: null, head: null });
    expect(exchange.connectStartMs).not.toBeNull();
  });

  it("the server takes the connection and never answers", async () => {
    const exchange = await exchangeWith(() => {}, { idleTimeoutMs: 100 });
    expect(exchange).toMatchObject({ failure: { kind: "idle_timeout" }, firstByteMs: null, head: null });
    expect(exchange.endMs - (exchange.sentMs as number)).toBeGreaterThanOrEqual(99);
  });

  it("the server falls silent after its head", async () => {
    const script: Script = async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    };
    const exchange = await exchangeWith(script, { idleTimeoutMs: 100 });
    expect(exchange).toMatchObject({ failure: { kind: "idle_timeout" }, body: "he", head: { status: 200 } });
  });

  it("a server that drips is not silent, and runs into the time for the whole request", async () => {
    const exchange = await exchangeWith(
      async (connection) => {
        await connection.request();
        await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        await connection.drip("x", 20);
      },
      { idleTimeoutMs: 1500, requestTimeoutMs: 2500 },
    );
    expect(exchange.failure?.kind).toBe("request_timeout");
    expect(exchange.body).toMatch(/^x{10,}$/);
  });

  it("a head that drips is not silence either", async () => {
    const exchange = await exchangeWith(
      async (connection) => {
        await connection.request();
        await connection.write("HTTP/1.1 200 OK\r\nX: ");
        await connection.drip("x", 20);
      },
      { requestTimeoutMs: 300 },
    );
    expect(exchange).toMatchObject({ failure: { kind: "request_timeout" }, head: null });
  });

  it.each<[string, string, Exchange["failure"] | { kind: string }]>([
    ["inside the head", "HTTP/1.1 200 OK\r\nConte", { kind: "truncated_response" }],
    ["inside a counted body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", { kind: "truncated_response" }],
    ["inside a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", { kind: "truncated_response" }],
    [
      "before the last chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
      { kind: "truncated_response" },
    ],
    ["without an answer", "", { kind: "reset" }],
    ["after what is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", { kind: "malformed_response" }],
  ])("the server ends %s", async (_, answer, failure) => {
    const exchange = await exchangeWith(async (connection) => {
      await connection.request();
      if (answer !== "") await connection.write(answer);
      connection.end();
    });
    expect(exchange.failure).toMatchObject(failure as object);
  });

  it("the server resets the connection inside a body that has no length", async () => {
    const script: Script = async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\n\r\nhello");
      await new Promise((resolve) => setTimeout(resolve, 50));
      connection.reset();
    };
    expect(await exchangeWith(script)).toMatchObject({ failure: { kind: "reset" }, body: "hello" });
  });

  it("the server resets the connection instead of an answer", async () => {
    const script: Script = async (connection) => {
      await connection.request();
      connection.reset();
    };
    expect((await exchangeWith(script)).failure?.kind).toBe("reset");
  });

  it("the response is malformed after its head", async () => {
    const script: Script = async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n-1\r\n");
    };
    const exchange = await exchangeWith(script);
    expect(exchange).toMatchObject({ failure: { kind: "malformed_response" }, body: "hi", head: { status: 200 } });
  });
});

describe("cancelling", () => {
  it("before anything was sent opens no connection", async () => {
    const server = await startServer(answering(counted("x")));
    const exchange = await openClient(server.port).get({ signal: AbortSignal.abort() });
    expect(exchange).toMatchObject({ failure: { kind: "cancelled" }, sentMs: null });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.connections).toBe(0);
  });

  it("before it is sent leaves a waiting connection as it is", async () => {
    const server = await startServer(answering(counted("x")));
    const { get } = openClient(server.port);
    await get();
    await untilHabitIsKnown();
    expect(await get({ signal: AbortSignal.abort() })).toMatchObject({ failure: { kind: "cancelled" }, sentMs: null });
    expect(await get()).toMatchObject({ failure: null, connectStartMs: null });
  });

  it("inside a body ends the connection", async () => {
    const abort = new AbortController();
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
      await connection.closed;
    });
    const onBody = () => {
      abort.abort();
      return undefined;
    };
    const exchange = await openClient(server.port).get({ signal: abort.signal }, { onBody });
    expect(exchange).toMatchObject({ failure: { kind: "cancelled" }, body: "hello" });
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  });

  it("because a piece of the body was enough ends the connection, and none of what the same read holds comes after", async () => {
    const script: Script = async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    };
    const exchange = await exchangeWith(script, {}, { onBody: () => "enough" });
    expect(exchange).toMatchObject({ failure: { kind: "cancelled" }, body: "a" });
  });

  it("while the server is silent ends it at once", async () => {
    const abort = new AbortController();
    const exchange = await exchangeWith(
      () => {},
      { signal: abort.signal },
      { onSent: () => setTimeout(() => abort.abort(), 10) },
    );
    expect(exchange).toMatchObject({ failure: { kind: "cancelled" }, firstByteMs: null });
  });
});

describe("a process that is done with its exchange ends by itself", () => {
  it.each<[string, Script, Partial<ExchangeLimits>, string]>([
    ["after a whole response", answering(counted("x")), {}, "done"],
    ["after silence", () => {}, { idleTimeoutMs: 30 }, "idle_timeout"],
    ["after too long", () => {}, { requestTimeoutMs: 500 }, "request_timeout"],
    ["after a malformed response", answering("HTTP/1.1 200\r\nContent-Length: x\r\n\r\n"), {}, "malformed_response"],
  ])("%s", async (_, script, limits, outcome) => {
    const server = await startServer(script);
    const fixture = new URL("exchange.fixture.ts", import.meta.url).pathname;
    const run = promisify(execFile);
    const given = JSON.stringify({ port: server.port, limits: { ...patient, ...limits } });
    const { stdout } = await run(process.execPath, [fixture, given], { timeout: 8000 });
    expect(stdout.trim()).toBe(outcome);
  });
});

describe("the bytes of a request", () => {
  const request: HttpRequest = {
    authority: mintAuthority("inference-endpoint", "Host.Example", 80, "--endpoint"),
    tls: null,
    method: "GET",
    path: "/",
    headers: [],
    body: null,
  };

  it("name the host without a default port, and an IPv6 address in brackets", () => {
    expect(encodeRequest(request).toString()).toBe("GET / HTTP/1.1\r\nHost: host.example\r\n\r\n");
    const authority = mintAuthority("inference-endpoint", "[::1]", 8000, "--endpoint");
    expect(encodeRequest({ ...request, authority }).toString()).toBe("GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n");
  });

  it("leave a Host that was given", () => {
    const bytes = encodeRequest({ ...request, headers: [["host", "other"]] });
    expect(bytes.toString()).toBe("GET / HTTP/1.1\r\nhost: other\r\n\r\n");
  });

  // U+010A would be written as its lower byte, a line feed.
  it.each(["a\r\nX: 1", "a\nb", "a\0b", "a\u010ab", "a\u{1f600}"])(
    "never hold a line that was not given: %j",
    (value) => {
      expect(() => encodeRequest({ ...request, headers: [["X", value]] })).toThrow(TypeError);
      expect(() => encodeRequest({ ...request, path: `/${value}` })).toThrow(TypeError);
    },
  );
});
