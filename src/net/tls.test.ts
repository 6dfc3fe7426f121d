import { connect, createServer, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openClient, untilHabitIsKnown } from "../../test/client.ts";
import { answering, certificate, counted, type Script, startServer } from "../../test/servers.ts";

const answer = counted("secret");

describe("over TLS", () => {
  it("a certificate that nobody vouches for is refused", async () => {
    const server = await startServer(answering(answer), { tls: "localhost" });
    const exchange = await openClient(server.port, { tls: {} }).get();
    expect(exchange.failure).toEqual({ kind: "tls", message: "the server's certificate is self-signed" });
    expect(exchange.sentMs).toBeNull();
  });

  it("a certificate that the user vouches for is accepted, for a name and for an address", async () => {
    const server = await startServer(answering(answer), { tls: "localhost" });
    const resolve = [{ host: "localhost", port: server.port, address: "127.0.0.1" }];
    for (const host of ["localhost", "127.0.0.1"]) {
      const { get } = openClient(server.port, { host, resolve, tls: { ca: certificate("localhost") } });
      expect(await get()).toMatchObject({ failure: null, body: "secret" });
      await untilHabitIsKnown();
      expect(await get()).toMatchObject({ failure: null, body: "secret", connectStartMs: null });
    }
    expect(server.connections).toBe(2);
  });

  it("the name that the user gives counts, not the address that is connected to", async () => {
    const server = await startServer(answering(answer), { tls: "other.example" });
    const tls = { ca: certificate("other.example") };
    const resolve = [{ host: "other.example", port: server.port, address: "127.0.0.1" }];
    expect(await openClient(server.port, { host: "other.example", resolve, tls }).get()).toMatchObject({
      failure: null,
    });
    expect(await openClient(server.port, { tls }).get()).toMatchObject({
      failure: { kind: "tls", message: "the server's certificate is for another name" },
    });
  });

  it("any certificate is accepted when the user says so", async () => {
    const server = await startServer(answering(answer), { tls: "other.example" });
    const exchange = await openClient(server.port, { tls: { insecure: true } }).get();
    expect(exchange).toMatchObject({ failure: null, body: "secret" });
  });

  it("a body of many records arrives whole", async () => {
    const body = "0123456789abcdef".repeat(64 * 1024);
    const server = await startServer(answering(counted(body)), { tls: "localhost" });
    const exchange = await openClient(server.port, { tls: { insecure: true } }).get();
    expect(exchange.failure).toBeNull();
    expect(exchange.body === body).toBe(true);
  });

  it("the bytes counted are those on the wire", async () => {
    const server = await startServer(answering(counted("x".repeat(100_000))), { tls: "localhost" });
    const wire = await startTap(server.port);
    const { get, gate } = openClient(wire.port, { tls: { insecure: true } });
    await get();
    await untilHabitIsKnown();
    await get();
    expect(wire.bytesIn()).toBeGreaterThan(200_000);
    expect(gate.uses()).toMatchObject([{ connections: 1, bytesOut: wire.bytesOut(), bytesIn: wire.bytesIn() }]);
    gate.close();
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(gate.uses()[0]?.bytesIn).toBe(wire.bytesIn());
  });

  it.each<[string, Script]>([
    ["the other side answers in plain HTTP", (connection) => connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["the other side closes during the handshake", (connection) => connection.end()],
    ["the other side resets during the handshake", (connection) => connection.reset()],
  ])("a failure of TLS is named so when %s", async (_, script) => {
    const server = await startServer(async (connection) => {
      // The client's first record has no end that this server knows.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await script(connection);
    });
    const exchange = await openClient(server.port, { tls: {} }).get();
    expect(exchange).toMatchObject({ failure: { kind: "tls" }, sentMs: null });
  });

  it("a server that speaks no TLS is named as such", async () => {
    const server = await startServer((connection) => connection.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const { failure } = await openClient(server.port, { tls: {} }).get();
    expect(failure?.message).toBe("the server does not speak TLS on this port");
  });

  it("a handshake that never ends runs into the time for connecting", async () => {
    const server = await startServer(() => {});
    const exchange = await openClient(server.port, { tls: {} }).get({ connectTimeoutMs: 100 });
    expect(exchange).toMatchObject({ failure: { kind: "connect_timeout" }, sentMs: null });
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("a handshake can be cancelled", async () => {
    const server = await startServer(() => {});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const exchange = await openClient(server.port, { tls: {} }).get({ signal: abort.signal });
    expect(exchange).toMatchObject({ failure: { kind: "cancelled" }, sentMs: null });
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("a reset inside the body is a reset", async () => {
    const server = await startServer(
      async (connection) => {
        await connection.request();
        await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
        await new Promise((resolve) => setTimeout(resolve, 50));
        connection.reset();
      },
      { tls: "localhost" },
    );
    const exchange = await openClient(server.port, { tls: { insecure: true } }).get();
    expect(exchange).toMatchObject({ failure: { kind: "reset" }, body: "hello" });
  });
});

describe("plain HTTP to a port that speaks TLS", () => {
  it("fails, whatever the server makes of it", async () => {
    const server = await startServer(answering(answer), { tls: "localhost" });
    const { failure } = await openClient(server.port).get();
    expect(["malformed_response", "reset"]).toContain(failure?.kind);
  });
});

/** A TCP relay that counts what crosses it. */
async function startTap(target: number) {
  let bytesOut = 0;
  let bytesIn = 0;
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    client.on("data", (bytes) => (bytesOut += bytes.length)).pipe(upstream);
    upstream.on("data", (bytes) => (bytesIn += bytes.length)).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, bytesOut: () => bytesOut, bytesIn: () => bytesIn };
}
