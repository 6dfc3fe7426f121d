import { describe, expect, it, vi } from "vitest";
import { type Heard, type Say, talk } from "../../test/raw-client.ts";
import { certificate, closedPort, counted, type Script, startServer } from "../../test/servers.ts";
import { sleep } from "../clock.ts";
import { traced } from "./proxy.fixture.ts";

const get = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n";
const post = (body: string, headers = "") =>
  `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const head = "HTTP/1.1 200 OK\r\nX-Case:  two blanks \r\nx-case: again\r\n";

/** Answers the first request so, and ends. */
const once =
  (...answer: (string | number)[]): Script =>
  async (connection) => {
    await connection.request();
    for (const part of answer) {
      if (typeof part === "number") await sleep(part);
      else await connection.write(part);
    }
    connection.end();
  };

/** Answers the first request so, and resets. */
const thenReset =
  (answer: string): Script =>
  async (connection) => {
    await connection.request();
    if (answer !== "") await connection.write(answer);
    await sleep(30);
    connection.reset();
  };

interface Case {
  server: Script;
  say?: Say;
  until?: Parameters<typeof talk>[2];
  /** What the watcher hears of the first exchange. */
  told?: object;
}

const complete = { by: "complete", error: null };
const cases: Record<string, Case> = {
  "a counted reply": { server: once(counted("hello", "X-A: 1\r\n")), told: { status: 200, responseBody: "hello" } },
  "repeated headers, their case and their blanks": { server: once(`${head}Content-Length: 0\r\n\r\n`) },
  "chunks of odd sizes with extensions, and trailers": {
    server: once(
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      "3;a=b\r\nhel\r\n00002\r",
      20,
      "\nlo\r\n0\r\nX-End: yes\r\n\r\n",
    ),
    told: { responseBody: "hello", end: complete },
  },
  "a body that ends with the connection": {
    server: once("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil ", 10, "the end"),
    told: { responseBody: "until the end", end: complete },
  },
  "no body": { server: once("HTTP/1.1 204 No Content\r\n\r\n"), told: { status: 204, end: complete } },
  "the answer to HEAD": {
    server: once("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
    say: ["HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    told: { status: 200, responseBody: "", end: complete },
  },
  "an interim answer before the real one": {
    server: once("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", counted("hello")),
    told: { status: 200, responseBody: "hello" },
  },
  "100-continue": {
    async server(connection) {
      await connection.write("HTTP/1.1 100 Continue\r\n\r\n");
      await connection.request();
      await connection.write(counted("thanks"));
      connection.end();
    },
    say: ["PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"],
    until: { heard: /100 Continue/, act: { say: ["body"] } },
    told: { requestBody: "body", responseBody: "thanks", end: complete },
  },
  "a refusal before the request is over": {
    async server(connection) {
      await sleep(20);
      await connection.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!");
      connection.end();
    },
    say: ["POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", "x".repeat(1000)],
    told: { status: 413, responseBody: "no!", end: complete },
  },
  "two requests at once": {
    async server(connection) {
      expect(await connection.request()).toContain("one");
      expect(await connection.request()).toContain("two");
      await connection.write(counted("first") + counted("second"));
      connection.end();
    },
    say: [post("one") + post("two")],
    told: { requestBody: "one", responseBody: "first", end: complete },
  },
  "a redirect": {
    server: once("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"),
    told: { status: 307, end: complete },
  },
  "a reset in mid-stream": {
    server: thenReset(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`),
    told: { responseBody: "hello", end: { by: "endpoint", error: "reset" } },
  },
  "a reset instead of an answer": {
    server: thenReset(""),
    told: { status: null, end: { by: "endpoint", error: "reset" } },
  },
  "an end instead of an answer": { server: once(), told: { end: { by: "endpoint", error: "reset" } } },
  "an end inside a chunk": {
    server: once(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`),
    told: { responseBody: "hel", end: { by: "endpoint", error: "truncated_stream" } },
  },
  "an answer that is no HTTP": {
    server: once("220 mail.example ESMTP\r\n"),
    told: { status: null, end: { by: "endpoint", error: "malformed_stream" } },
  },
  "line feeds alone, which strict readers refuse": {
    server: once("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    told: { end: { by: "endpoint", error: "malformed_stream" } },
  },
  "words that nobody asked for, before an end": {
    async server(connection) {
      await connection.request();
      await connection.write(counted("hello"));
      await sleep(20);
      await connection.write("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
      connection.end();
    },
    told: { responseBody: "hello", end: complete },
  },
  "an agent that closes its half and listens": {
    async server(connection) {
      await connection.request();
      expect(await connection.request()).toBeNull();
      await connection.write(counted("still here"));
      connection.end();
    },
    say: [get],
    until: undefined,
    told: { responseBody: "still here", end: complete },
  },
};

describe("an agent sees through the proxy what it sees without it:", () => {
  it.each(Object.entries(cases))("%s", async (name, { server: script, say = [get], until, told }) => {
    const server = await startServer(script);
    const { port, proxy, exchanges } = await traced(server.port);
    const halfCloses = name.includes("closes its half");
    const talking = (to: number): Promise<Heard> => (halfCloses ? halfClosing(to, say) : talk(to, say, until));
    expect(await talking(port)).toEqual(await talking(server.port));
    await proxy.settle(5000);
    expect(exchanges[0]).toMatchObject(told ?? {});
  });
});

async function halfClosing(port: number, say: Say): Promise<Heard> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let text = "";
    for (const part of say) if (typeof part !== "number") socket.write(part);
    socket.end();
    socket.on("data", (bytes) => (text += bytes.toString("latin1")));
    socket.on("close", () => resolve({ text, end: "orderly" }));
  });
}

/** Everything that one connection brought to the server. */
async function arriving(say: Say, options: Parameters<typeof traced>[1] = {}): Promise<string> {
  let arrived = "";
  const server = await startServer(async (connection) => {
    for (let request = await connection.request(); request !== null; request = await connection.request()) {
      arrived += request;
      await connection.write(counted("ok"));
    }
    connection.end();
  });
  const { port, proxy } = await traced(server.port, options);
  await talk(port, say, { heard: /ok$/, act: "half-close" });
  await proxy.settle(5000);
  return arrived.replaceAll(`:${server.port}`, ":PORT");
}

describe("a request goes on", () => {
  it("as it came, but for the endpoint's name in Host", async () => {
    const headers =
      "X-Case:  blanks \r\nx-case: again\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer secret\r\nX-Latin: \xe9\r\n";
    const sent = Buffer.from(
      `PUT /v1/a?b=%20c HTTP/1.1\r\n${headers}hOST: localhost:99\r\nContent-Length: 2\r\n\r\nhi`,
      "latin1",
    );
    expect(await arriving([sent])).toBe(
      `PUT /v1/a?b=%20c HTTP/1.1\r\n${headers}hOST: 127.0.0.1:PORT\r\nContent-Length: 2\r\n\r\nhi`,
    );
  });

  it("below the endpoint's own path and with its query", async () => {
    const front = { prefix: "/team/llm", query: "?version=3" };
    expect(await arriving([get], front)).toMatch(/^GET \/team\/llm\/v1\/models\?version=3 HTTP\/1\.1\r\n/);
    expect(await arriving([get.replace("models", "models?a=b")], front)).toMatch(
      /^GET \/team\/llm\/v1\/models\?a=b&version=3 HTTP\/1\.1\r\n/,
    );
  });

  it("byte by byte, whatever its pieces", async () => {
    const chunked =
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n0\r\nX-T: 1\r\n\r\n";
    const server = await startServer(async (connection) => {
      // The test's server reads no chunks: the bytes after the head count as the next request.
      const first = await connection.request();
      expect(first).toMatch(/Transfer-Encoding: chunked\r\n\r\n$/);
      const rest = await connection.request();
      expect(rest).toBe("2;x\r\nhi\r\n0\r\nX-T: 1\r\n\r\n");
      await connection.write(counted("ok"));
      connection.end();
    });
    const { port, proxy, exchanges } = await traced(server.port);
    expect(await talk(port, chunked.split(""))).toMatchObject({ text: counted("ok") });
    await proxy.settle(5000);
    expect(exchanges).toMatchObject([{ requestBody: "hi", requestEnded: true, sent: true, responseBody: "ok" }]);
  });

  it("without an offer of HTTP/2, which a server may pass over", async () => {
    const offer = "Connection: Upgrade, HTTP2-Settings, keep-alive\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    const arrived = await arriving([`GET / HTTP/1.1\r\nHost: localhost\r\n${offer}Accept: */*\r\n\r\n`]);
    expect(arrived).toBe("GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n");
  });

  it("on the same connection as those before it, and on no other agent's", async () => {
    const server = await startServer(async (connection) => {
      while ((await connection.request()) !== null) await connection.write(counted(`on ${connection.number}`));
      connection.end();
    });
    const { port } = await traced(server.port);
    const two = { heard: /on 0/, act: { say: [get] } } as const;
    const first = talk(port, [get], two);
    await vi.waitFor(() => expect(server.connections).toBe(1));
    const other = await talk(port, [get], { heard: /on 1/, act: "half-close" });
    expect(other.text).toBe(counted("on 1"));
    void first;
    expect(server.connections).toBe(2);
  });
});

describe("the proxy refuses", () => {
  const refusals: Record<string, { say: string; status: RegExp; code: string; front?: object }> = {
    "a key that would travel in the clear": {
      say: post("{}", "X-API-Key: secret\r\n"),
      status: /^HTTP\/1.1 403 Forbidden\r\n/,
      code: "plaintext_key",
      front: { takesKeys: false },
    },
    "a websocket": {
      say: "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      status: /^HTTP\/1.1 501 /,
      code: "no_upgrade",
    },
    "to be a proxy for other places": {
      say: "GET http://elsewhere.invalid/ HTTP/1.1\r\nHost: elsewhere.invalid\r\n\r\n",
      status: /^HTTP\/1.1 421 /,
      code: "not_a_forward_proxy",
    },
    "a tunnel": {
      say: "CONNECT elsewhere.invalid:443 HTTP/1.1\r\nHost: elsewhere.invalid:443\r\n\r\n",
      status: /^HTTP\/1.1 421 /,
      code: "not_a_forward_proxy",
    },
    "a name that is not this machine's": {
      say: "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n",
      status: /^HTTP\/1.1 421 /,
      code: "host_is_not_loopback",
    },
    "what could be read in two ways": {
      say: "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      status: /^HTTP\/1.1 400 /,
      code: "malformed_request",
    },
    "what is no HTTP/1.1": {
      say: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      status: /^HTTP\/1.1 400 /,
      code: "malformed_request",
    },
  };

  it.each(Object.entries(refusals))("%s, and nothing reaches the endpoint", async (_, { say, status, code, front }) => {
    const server = await startServer(() => {});
    const { port, proxy, exchanges } = await traced(server.port, front);
    const { text, end } = await talk(port, [say]);
    expect(text).toMatch(status);
    expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n")))).toMatchObject({ type: "error", error: { code } });
    expect(end).toBe("orderly");
    await proxy.settle(5000);
    expect(server.connections).toBe(0);
    expect([...proxy.notes().refused.values()]).toEqual([1]);
    for (const told of exchanges) expect(told.end).toEqual({ by: "proxy", error: "posture_denied" });
  });

  it("after it has answered what was asked before", async () => {
    const server = await startServer(async (connection) => {
      await connection.request();
      await sleep(50);
      await connection.write(counted("first"));
    });
    const { port } = await traced(server.port);
    const { text } = await talk(port, [`${get}CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n`]);
    expect(text.indexOf("first")).toBeGreaterThan(0);
    expect(text.indexOf("421")).toBeGreaterThan(text.indexOf("first"));
  });
});

describe("an agent that hangs up", () => {
  it("in mid-stream ends the endpoint's connection too, and is told so", async () => {
    let gone = false;
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
      await connection.drip("5\r\nhello\r\n", 5);
      gone = true;
    });
    const { port, proxy, exchanges } = await traced(server.port);
    await talk(port, [get], { heard: /hello/, act: "hang up" });
    await vi.waitFor(() => expect(gone).toBe(true));
    await proxy.settle(5000);
    expect(exchanges[0]?.end).toEqual({ by: "agent", error: "cancelled" });
  });

  it("while the endpoint is silent is told at the latest when the trace stops", async () => {
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    });
    const { port, proxy, exchanges } = await traced(server.port);
    await talk(port, [get], { heard: /hello/, act: "hang up" });
    await sleep(50);
    await proxy.close();
    expect(exchanges[0]?.end).toEqual({ by: "agent", error: "cancelled" });
  });
});

describe("an endpoint", () => {
  it("that takes no connection ends the agent's, and the note says why", async () => {
    const { port, proxy, exchanges } = await traced(await closedPort());
    expect(await talk(port, [get])).toEqual({ text: "", end: "reset" });
    await proxy.settle(5000);
    expect(exchanges[0]?.end).toEqual({ by: "endpoint", error: "refused" });
    expect([...proxy.notes().notConnected]).toEqual([["the connection was refused", 1]]);
  });

  it("that speaks TLS is spoken to so, with the name that its certificate has", async () => {
    const server = await startServer(once(counted("over TLS")), { tls: "localhost" });
    const tls = { serverName: "localhost", ca: certificate("localhost"), insecure: false };
    const { port } = await traced(server.port, { tls });
    expect(await talk(port, [get])).toEqual({ text: counted("over TLS"), end: "orderly" });
  });
});

describe("a trace", () => {
  it("that is stopped ends what is under way", async () => {
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    });
    const { port, proxy, exchanges } = await traced(server.port);
    const heard = talk(port, [get]);
    await vi.waitFor(() => expect(exchanges[0]?.responseBody).toBe("hello"));
    await proxy.close();
    await heard;
    expect(exchanges[0]?.end).toEqual({ by: "proxy", error: "cancelled" });
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("whose watcher fails costs the agent nothing, and is counted", async () => {
    const server = await startServer(once(counted("hello")));
    const watcher = {
      begin() {
        throw new Error("a bug");
      },
    };
    const { port, proxy } = await traced(server.port, { watcher });
    expect(await talk(port, [get])).toEqual({ text: counted("hello"), end: "orderly" });
    await proxy.settle(5000);
    expect([...proxy.notes().notRecorded]).toEqual([["a bug", 1]]);
  });

  it("of a slow agent holds the endpoint back instead of keeping what it says", async () => {
    let written = 0;
    const server = await startServer(async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      const piece = "x".repeat(1_000_000);
      for (; written < 50; written++) await connection.write(piece);
      connection.end();
    });
    const { port, exchanges } = await traced(server.port);
    const { connect } = await import("node:net");
    const socket = connect({ port, host: "127.0.0.1" });
    socket.pause().write(get);
    await vi.waitFor(() => expect(written).toBeGreaterThan(0));
    await sleep(300);
    // What the sockets' own buffers take, and no more.
    expect(written).toBeLessThan(25);
    let bytes = 0;
    socket.on("data", (piece) => (bytes += piece.length)).resume();
    await new Promise((resolve) => socket.once("close", resolve));
    expect(bytes).toBeGreaterThan(50_000_000);
    await vi.waitFor(() => expect(exchanges[0]?.end).toEqual(complete));
    expect((exchanges[0]?.responseBody.length ?? 0) + (exchanges[0]?.lost ?? 0)).toBe(50_000_000);
  });
});
