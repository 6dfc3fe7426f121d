import { describe, expect, it, vi } from "vitest";
import { openClient } from "../../test/client.ts";
import { startProxy } from "../../test/proxies.ts";
import { answering, closedPort, counted, type RawConnection, startServer } from "../../test/servers.ts";
import { type Authority, mintAuthority } from "./authority.ts";
import { openGate } from "./gate.ts";

/** Stands in for the name server: these tests ask none. */
const lookup = vi.hoisted(() => vi.fn<(host: string) => Promise<{ address: string }[]>>());
vi.mock("node:dns/promises", () => ({ lookup }));

function nameHas(...addresses: string[]) {
  lookup.mockReset();
  lookup.mockResolvedValue(addresses.map((address) => ({ address })));
}

const soon = { timeoutMs: 5000 };
const to = (host: string, port: number) => mintAuthority("inference-endpoint", host, port, "--endpoint");

describe("the gate refuses", () => {
  it("an authority that no flag made, and counts it", async () => {
    const server = await startServer(answering(counted("x")));
    const gate = openGate();
    const forged: Authority = { ...to("127.0.0.1", server.port) };
    expect(await gate.connect(forged, null, soon)).toMatchObject({ failure: { kind: "posture_denied" } });
    expect(await gate.resolve(forged)).toMatchObject({ failure: { kind: "posture_denied" } });
    expect(gate.denials()).toEqual([{ reason: "no flag of this command names the destination", count: 2 }]);
    expect(gate.uses()).toEqual([]);
    expect(server.connections).toBe(0);
  });

  it("everything once it is closed", async () => {
    const server = await startServer(answering(counted("x")));
    const { gate, get } = openClient(server.port);
    await get();
    gate.close();
    expect(await get()).toMatchObject({ failure: { kind: "posture_denied" }, connectStartMs: null, sentMs: null });
    expect(gate.denials()).toEqual([{ reason: "the gate is closed", count: 1 }]);
    expect(server.connections).toBe(1);
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("to connect when it was closed while the name was looked up", async () => {
    const answer = Promise.withResolvers<{ address: string }[]>();
    lookup.mockReset();
    lookup.mockReturnValue(answer.promise);
    const server = await startServer(answering(counted("x")));
    const gate = openGate();
    const connecting = gate.connect(to("name.example", server.port), null, soon);
    gate.close();
    answer.resolve([{ address: "127.0.0.1" }]);
    expect(await connecting).toMatchObject({ failure: { kind: "posture_denied" } });
    expect(server.connections).toBe(0);
  });

  it("an authority without a port", async () => {
    const mimic = mintAuthority("loopback-mimic", "127.0.0.1", 0, "bench");
    expect(await openGate().connect(mimic, null, soon)).toMatchObject({ failure: { kind: "posture_denied" } });
  });

  it("an address that the name did not have", async () => {
    nameHas("127.0.0.1");
    const gate = openGate();
    const authority = to("name.example", await closedPort());
    expect(await gate.connect(authority, null, { ...soon, address: "127.0.0.2" })).toMatchObject({
      failure: { kind: "posture_denied" },
    });
  });
});

describe("closing the gate", () => {
  it("ends a running exchange", async () => {
    const server = await startServer(() => {});
    const { gate, get } = openClient(server.port);
    const exchange = await get({}, { onSent: () => setTimeout(() => gate.close(), 10) });
    expect(exchange.failure).not.toBeNull();
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("ends a connection that is being made, and does not blame the server", async () => {
    const server = await startServer(() => {});
    const { gate, get } = openClient(server.port, { tls: {} });
    setTimeout(() => gate.close(), 50);
    expect(await get()).toMatchObject({ failure: { kind: "cancelled" }, sentMs: null });
  });
});

describe("a name", () => {
  it("is looked up once, and its addresses are taken in turn", async () => {
    nameHas("127.0.0.1", "127.0.0.2");
    const addresses: string[] = [];
    const server = await startServer(
      (connection: RawConnection) => {
        addresses.push(connection.address);
        return answering(counted("x"))(connection);
      },
      { host: "0.0.0.0" },
    );
    const { gate, get } = openClient(server.port, { host: "name.example", connections: "new" });
    for (let times = 0; times < 4; times++) await get();
    expect(addresses).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"]);
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(gate.uses()).toMatchObject([{ addresses: 2, lookups: 1, connections: 4 }]);
  });

  it("is looked up once by many at once", async () => {
    nameHas("127.0.0.1");
    const server = await startServer(answering(counted("x")));
    const { gate, get } = openClient(server.port, { host: "name.example" });
    await Promise.all([get(), get(), get()]);
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(gate.uses()).toMatchObject([{ addresses: 1, lookups: 1, connections: 3 }]);
  });

  it("keeps the addresses that it had at first", async () => {
    nameHas("127.0.0.1");
    const server = await startServer(answering(counted("x")));
    const { get } = openClient(server.port, { host: "name.example", connections: "new" });
    await get();
    nameHas("192.0.2.1");
    expect(await get()).toMatchObject({ failure: null });
    expect(lookup).not.toHaveBeenCalled();
  });

  it("that has no address is a failure of the look-up", async () => {
    nameHas();
    expect(await openClient(1, { host: "name.example" }).get()).toMatchObject({ failure: { kind: "dns" } });
  });

  it("with one address given twice has one", async () => {
    nameHas("127.0.0.1", "127.0.0.1");
    expect(await openGate().resolve(to("name.example", 1))).toEqual({ addresses: ["127.0.0.1"] });
  });

  it("that does not resolve is a failure of the look-up, and is not looked up again", async () => {
    lookup.mockReset();
    lookup.mockRejectedValue(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }));
    const { gate, get } = openClient(1, { host: "name.example" });
    expect(await get()).toMatchObject({
      failure: { kind: "dns", message: "the name does not resolve" },
      connectStartMs: null,
    });
    expect(await get()).toMatchObject({ failure: { kind: "dns" } });
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(gate.uses()).toMatchObject([{ lookups: 1, connections: 0 }]);
  });

  it("given an address by the user is not looked up, on that port only", async () => {
    nameHas("127.0.0.1");
    const server = await startServer(answering(counted("x")));
    const resolve = [{ host: "Name.Example", port: server.port, address: "127.0.0.1" }];
    const { gate, get } = openClient(server.port, { host: "name.example", resolve });
    expect(await get()).toMatchObject({ failure: null });
    expect(lookup).not.toHaveBeenCalled();
    expect(gate.uses()).toMatchObject([{ addresses: 1, lookups: 0, connections: 1 }]);
    await gate.resolve(to("name.example", 1));
    expect(lookup).toHaveBeenCalledTimes(1);
  });
});

describe("a proxy", () => {
  it("is connected to for every authority, and no other name is looked up", async () => {
    nameHas("127.0.0.1");
    const server = await startServer(answering(counted("x")));
    const proxy = await startProxy();
    const authority = mintAuthority("proxy", "proxy.example", proxy.port, "--proxy");
    const gate = openGate({ proxy: { authority, proxyTls: null, headers: [] } });
    const metrics = mintAuthority("metrics-endpoint", "metrics.example", server.port, "--metrics-url");
    for (const each of [to("llm.example", server.port), metrics])
      expect(await gate.connect(each, null, soon)).toHaveProperty("connection");
    gate.close();
    expect(proxy.asked).toEqual([`llm.example:${server.port}`, `metrics.example:${server.port}`]);
    expect(lookup.mock.calls.map(([host]) => host)).toEqual(["proxy.example"]);
    expect(gate.uses()).toMatchObject([
      { authority: { host: "proxy.example" }, via: null, lookups: 1, addresses: 1, connections: 2 },
      { authority: { host: "llm.example" }, via: "--proxy", lookups: 0, addresses: 0, connections: 1 },
      { authority: { host: "metrics.example" }, via: "--proxy", lookups: 0, connections: 1 },
    ]);
  });

  it("is asked for the address that the user gave for a name", async () => {
    nameHas("127.0.0.1");
    const proxy = await startProxy();
    const server = await startServer(answering(counted("x")));
    const { port } = server;
    const resolve = [{ host: "llm.example", port, address: "127.0.0.1" }];
    const authority = mintAuthority("proxy", "127.0.0.1", proxy.port, "--proxy");
    const gate = openGate({ resolve, proxy: { authority, proxyTls: null, headers: [] } });
    expect(await gate.connect(to("llm.example", port), null, soon)).toHaveProperty("connection");
    gate.close();
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`]);
    expect(lookup).not.toHaveBeenCalled();
  });

  it("that no flag named, or that is not for this, is not connected to", async () => {
    const proxy = await startProxy();
    const authority = mintAuthority("proxy", "127.0.0.1", proxy.port, "--proxy");
    const forged = openGate({ proxy: { authority: { ...authority }, proxyTls: null, headers: [] } });
    expect(await forged.connect(to("127.0.0.1", 1), null, soon)).toMatchObject({ failure: { kind: "posture_denied" } });
    const endpoint = openGate({ proxy: { authority: to("127.0.0.1", proxy.port), proxyTls: null, headers: [] } });
    expect(await endpoint.connect(to("127.0.0.1", 1), null, soon)).toMatchObject({
      failure: { kind: "posture_denied" },
    });
    expect(proxy.asked).toEqual([]);
  });
});

describe("an address", () => {
  it("is not looked up", async () => {
    nameHas("192.0.2.1");
    expect(await openGate().resolve(to("127.0.0.1", 1))).toEqual({ addresses: ["127.0.0.1"] });
    expect(await openGate().resolve(to("[::1]", 1))).toEqual({ addresses: ["::1"] });
    expect(lookup).not.toHaveBeenCalled();
  });

  it("that was dropped is not connected to any more, unless it is the last; the count keeps it", async () => {
    nameHas("127.0.0.1", "127.0.0.2");
    const gate = openGate();
    const authority = to("name.example", 1);
    await gate.resolve(authority);
    gate.drop(authority, "127.0.0.1");
    expect(await gate.resolve(authority)).toEqual({ addresses: ["127.0.0.2"] });
    gate.drop(authority, "127.0.0.2");
    expect(await gate.resolve(authority)).toEqual({ addresses: ["127.0.0.2"] });
    expect(gate.uses()).toMatchObject([{ addresses: 2 }]);
  });
});

describe("what an authority was used for", () => {
  it("is kept apart for each authority", async () => {
    const server = await startServer(answering(counted("x")));
    const gate = openGate();
    const metrics = mintAuthority("metrics-endpoint", "127.0.0.1", server.port, "--metrics-url");
    for (const authority of [metrics, to("127.0.0.1", server.port), metrics]) {
      const opened = await gate.connect(authority, null, soon);
      expect(opened).toHaveProperty("connection");
    }
    expect(gate.uses()).toMatchObject([
      { authority: metrics, connections: 2, bytesOut: 0, bytesIn: 0 },
      { connections: 1 },
    ]);
    expect(gate.denials()).toEqual([]);
    gate.close();
  });
});
