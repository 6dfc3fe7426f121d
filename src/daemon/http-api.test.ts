import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { mintAuthority } from "../net/authority.ts";
import { listenHttp } from "../net/listen.ts";
import { limitConnections, serverLimits } from "./answer.ts";
import { createHttpApi, type DaemonSources } from "./http-api.ts";

const token = "t0ken-of-this-start";
const sources: DaemonSources = {
  status: () => ({ pid: 7 }),
  show: (sinceMs) => Promise.resolve({ sinceMs }),
  exposition: () => "up 1\n",
};

async function listen(from: DaemonSources | null = sources) {
  let port = 0;
  const listener = await listenHttp(
    mintAuthority("loopback-prometheus", "127.0.0.1", 0, "--port"),
    createHttpApi(
      () => from,
      token,
      () => port,
    ),
    serverLimits,
  );
  limitConnections(listener);
  ({ port } = listener.server.address() as AddressInfo);
  onTestFinished(() => listener.close());
  return port;
}

/** What comes back for these very bytes until the server closes, also by a reset. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    socket.on("data", (text: string) => void (answer += text));
    socket.on("error", () => {}).once("close", () => resolve(answer));
    socket.write(bytes);
  });
}

function request(port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<string> {
  const all = { Host: `127.0.0.1:${port}`, Authorization: `Bearer ${token}`, Connection: "close", ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]));
  return exchange(port, [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const bodyOf = (answer: string) => answer.slice(answer.indexOf("\r\n\r\n") + 4);

describe("the daemon's port", () => {
  it("answers whoever has the token, and lets nothing of it be kept", async () => {
    const port = await listen();
    const metrics = await request(port, "/metrics");
    expect(metrics).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain; version=0\.0\.4; charset=utf-8\r\n/);
    expect(metrics).toMatch(/Cache-Control: no-store/);
    expect(bodyOf(metrics)).toBe("up 1\n");
    expect(bodyOf(await request(port, "/api/v1/state"))).toBe('{"pid":7}\n');
    expect(bodyOf(await request(port, "/api/v1/show?since_ms=900000"))).toBe('{"sinceMs":900000}\n');
    expect(
      bodyOf(await request(port, "/metrics", { Host: `localhost:${port}`, Authorization: `bearer ${token}` })),
    ).toBe("up 1\n");
  });

  it.each<[string, Record<string, string>, number]>([
    ["without the token", { Authorization: "" }, 401],
    ["with another token", { Authorization: "Bearer t0ken-of-another" }, 401],
    ["with the beginning of the token", { Authorization: `Bearer ${token.slice(0, -1)}` }, 401],
    ["with the token in another scheme", { Authorization: `Basic ${token}` }, 401],
    ["with a token of a megabyte's kind", { Authorization: `Bearer ${"a".repeat(8000)}` }, 401],
    ["with the token, through a name that somebody points here", { Host: "attacker.example" }, 421],
    ["with the token, through that name with the port", { Host: "attacker.example:PORT" }, 421],
    ["with the token, and another port in its host", { Host: "127.0.0.1:1" }, 421],
    ["with the token, from a page of another site", { Origin: "https://attacker.example" }, 403],
    ["with the token, from a page of another port", { Origin: "http://127.0.0.1:1" }, 403],
    ["with the token, from a sandboxed page", { Origin: "null" }, 403],
  ])("says nothing of itself %s", async (_how, headers, status) => {
    const port = await listen();
    const given = Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", String(port))]);
    for (const path of ["/metrics", "/api/v1/state", "/no-such-path"]) {
      const answer = await request(port, path, Object.fromEntries(given) as Record<string, string>);
      expect(statusOf(answer)).toBe(status);
      expect(bodyOf(answer)).not.toMatch(/pid|up 1|\/metrics/);
    }
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("changes nothing for %s", async (method) => {
    const answer = await request(await listen(), "/api/v1/state", { "Content-Length": "0" }, method);
    expect(statusOf(answer)).toBe(405);
    expect(answer).toContain("Allow: GET, HEAD");
  });

  it("says what it does not understand", async () => {
    const port = await listen();
    expect(statusOf(await request(port, "/no-such-path"))).toBe(404);
    expect(statusOf(await request(port, "/api/v1/show?since_ms=-1"))).toBe(400);
    expect(statusOf(await request(port, "/api/v1/show?since_ms=1e9"))).toBe(400);
    expect(statusOf(await request(port, "//["))).toBe(404);
    expect(statusOf(await request(port, "http://["))).toBe(404);
  });

  it("says that it starts or stops while it does", async () => {
    expect(statusOf(await request(await listen(null), "/metrics"))).toBe(503);
  });

  it("turns what it cannot work out into an answer", async () => {
    const port = await listen({
      ...sources,
      exposition() {
        throw new Error("a bug");
      },
    });
    expect(statusOf(await request(port, "/metrics"))).toBe(500);
    expect(statusOf(await request(port, "/api/v1/state"))).toBe(200);
  });

  it.each<[string, string, RegExp]>([
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", /^HTTP\/1\.1 400/],
    ["a head of 100 KB", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(100_000)}\r\n\r\n`, /^(HTTP\/1\.1 431|$)/],
    ["no host", "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 (400|421)/],
    ["two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", /^HTTP\/1\.1 400/],
  ])("closes on %s", async (_what, bytes, answer) => {
    expect(await exchange(await listen(), bytes)).toMatch(answer);
  });

  it("closes instead of reading what a refused request has to say", async () => {
    const port = await listen();
    const head = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000000000\r\n\r\n`;
    expect(await exchange(port, `${head}some of it`)).toMatch(/^HTTP\/1\.1 401[^]*Connection: close/);
  });

  it("closes on a second request before the reply to the first", async () => {
    const port = await listen();
    const one = `GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    expect((await exchange(port, one.repeat(3))).match(/HTTP\/1\.1 200/g)?.length ?? 0).toBeLessThan(2);
  });

  it("takes no more than so many connections, and closes the rest at once", async () => {
    const port = await listen();
    const sockets = Array.from({ length: 60 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    let closed = 0;
    for (const socket of sockets) socket.resume().once("close", () => closed++);
    await expect.poll(() => closed).toBe(60 - 8);
  });
});
