import { describe, expect, it, vi } from "vitest";
import { openClient, untilHabitIsKnown } from "../../test/client.ts";
import { type Proxy, startProxy } from "../../test/proxies.ts";
import { answering, certificate, closedPort, counted, startServer } from "../../test/servers.ts";
import { mintAuthority } from "./authority.ts";
import type { ProxySettings } from "./gate.ts";

const answer = counted("hello");

function through(
  { port }: Pick<Proxy, "port">,
  settings: Partial<Pick<ProxySettings, "proxyTls" | "headers">> = {},
): { proxy: ProxySettings } {
  const authority = mintAuthority("proxy", "127.0.0.1", port, "--proxy");
  return { proxy: { authority, proxyTls: null, headers: [], ...settings } };
}

const overTls = { proxyTls: { serverName: "127.0.0.1", ca: certificate("localhost"), insecure: false } };

describe.each([
  ["a proxy that is spoken to in the clear", false, {}],
  ["a proxy that is spoken to over TLS", true, overTls],
])("through %s", (_, tls, settings) => {
  it("a plain request arrives as it is without one, and its connection is used again", async () => {
    const heads: (string | null)[] = [];
    const server = await startServer(async (connection) => {
      for (let head = await connection.request(); head !== null; head = await connection.request()) {
        heads.push(head);
        await connection.write(answer);
      }
    });
    const proxy = await startProxy({ tls });
    const { get, gate } = openClient(server.port, through(proxy, settings));
    expect(await get()).toMatchObject({ failure: null, body: "hello" });
    await untilHabitIsKnown();
    expect(await get()).toMatchObject({ failure: null, body: "hello", connectStartMs: null });
    expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
    expect(heads).toEqual(Array(2).fill(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`));
    gate.close();
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("TLS is between this client and the endpoint", async () => {
    const server = await startServer(answering(answer), { tls: "other.example" });
    const proxy = await startProxy({ tls });
    const given = { ...through(proxy, settings), host: "other.example" };
    const { get } = openClient(server.port, { ...given, tls: { ca: certificate("other.example") } });
    expect(await get()).toMatchObject({ failure: null, body: "hello" });
    expect(proxy.asked).toEqual([`other.example:${server.port}`]);
    // Not even the proxy's own certificate is good enough for it.
    expect(await openClient(server.port, { ...given, tls: { ca: certificate("localhost") } }).get()).toMatchObject({
      failure: { kind: "tls" },
    });
  });

  it("a long body arrives whole", async () => {
    const body = "0123456789abcdef".repeat(64 * 1024);
    const server = await startServer(answering(counted(body)), { tls: "localhost" });
    const { get } = openClient(server.port, {
      ...through(await startProxy({ tls }), settings),
      tls: { insecure: true },
    });
    const exchange = await get();
    expect(exchange.failure).toBeNull();
    expect(exchange.body === body).toBe(true);
  });

  it("what was said to the proxy is counted as the proxy's alone", async () => {
    const server = await startServer(answering(counted("x".repeat(1000))));
    const proxy = await startProxy({ tls });
    const { get, gate } = openClient(server.port, through(proxy, settings));
    await get();
    const [first, endpoint] = gate.uses();
    expect(first).toMatchObject({ authority: { category: "proxy" }, via: null, connections: 1, addresses: 1 });
    expect(endpoint).toMatchObject({ authority: { flag: "--endpoint" }, via: "--proxy", connections: 1, addresses: 0 });
    await vi.waitFor(() => expect([first?.bytesOut, first?.bytesIn]).toEqual([proxy.bytesIn, proxy.bytesOut]));
    expect(endpoint?.bytesOut).toBeLessThan(first?.bytesOut ?? 0);
    expect(endpoint?.bytesIn).toBeLessThan(first?.bytesIn ?? 0);
    expect(endpoint?.bytesIn).toBeGreaterThanOrEqual(counted("x".repeat(1000)).length);
    gate.close();
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(gate.uses()).toMatchObject([first ?? {}, endpoint ?? {}]);
  });
});

describe("a proxy", () => {
  it("gets its headers, which the endpoint does not", async () => {
    let head: string | null = "";
    const server = await startServer(async (connection) => {
      head = await connection.request();
      await connection.write(answer);
    });
    const proxy = await startProxy();
    const headers = [["Proxy-Authorization", "Basic dTpw"]] as const;
    await openClient(server.port, through(proxy, { headers })).get();
    expect(proxy.heads[0]).toContain("\r\nProxy-Authorization: Basic dTpw\r\n");
    expect(head).not.toContain("Proxy-Authorization");
  });

  it.each([
    ["refuses", "HTTP/1.1 403 Forbidden\r\n\r\n", { kind: "refused", message: /the proxy answered 403 to CONNECT / }],
    [
      "wants credentials",
      "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n",
      { kind: "refused", message: / answered 407 / },
    ],
    ["is none", "SSH-2.0-OpenSSH_9.2\r\n\r\n", { kind: "malformed_response", message: /no HTTP proxy/ }],
    ["says more than was asked", "HTTP/1.1 200 OK\r\n\r\nhello", { kind: "malformed_response", message: /sent more/ }],
    ["never comes to an end", "x".repeat(70_000), { kind: "malformed_response", message: /no HTTP proxy/ }],
    ["hangs up", null, { kind: "reset", message: /the proxy closed the connection without an answer/ }],
  ])("that %s is a failure of the connection", async (_, said, { kind, message }) => {
    const server = await startServer(answering(answer));
    const { get } = openClient(server.port, through(await startProxy({ answer: said })));
    expect(await get()).toMatchObject({
      failure: { kind, message: expect.stringMatching(message) as string },
      sentMs: null,
    });
    expect(server.connections).toBe(0);
  });

  it("that finds nobody there is a failure of the connection", async () => {
    const { get } = openClient(await closedPort(), through(await startProxy()));
    expect(await get()).toMatchObject({
      failure: { kind: "refused", message: expect.stringContaining("answered 502") as string },
    });
  });

  it("that is not there is a failure of the connection", async () => {
    const server = await startServer(answering(answer));
    const { get } = openClient(server.port, through({ port: await closedPort() }));
    expect(await get()).toMatchObject({ failure: { kind: "refused", message: "the connection was refused" } });
    expect(server.connections).toBe(0);
  });

  it("that never answers runs into the time for connecting, and can be cancelled", async () => {
    const { get } = openClient(1, through(await startProxy({ answer: "" })));
    expect(await get({ connectTimeoutMs: 100 })).toMatchObject({ failure: { kind: "connect_timeout" } });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    expect(await get({ signal: abort.signal })).toMatchObject({ failure: { kind: "cancelled" } });
  });

  it("whose certificate nobody vouches for is told nothing", async () => {
    const proxy = await startProxy({ tls: true });
    const proxyTls = { serverName: "127.0.0.1", ca: null, insecure: false };
    const { get } = openClient(1, through(proxy, { proxyTls, headers: [["Proxy-Authorization", "Basic dTpw"]] }));
    expect(await get()).toMatchObject({ failure: { kind: "tls" }, sentMs: null });
    expect(proxy.heads).toEqual([]);
  });
});
