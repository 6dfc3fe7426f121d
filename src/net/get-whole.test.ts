import { describe, expect, it, vi } from "vitest";
import { openClient, patient } from "../../test/client.ts";
import { answering, counted, type Script, startServer } from "../../test/servers.ts";
import { openGate } from "./gate.ts";
import { getWhole } from "./get-whole.ts";
import type { ExchangeLimits } from "./http-client.ts";
import { openHttpClient } from "./open-http-client.ts";

async function fetchFrom(script: Script, limits: Partial<ExchangeLimits & { maxBytes: number }> = {}) {
  const server = await startServer(script);
  const { authority, tls } = openClient(server.port).request;
  const client = openHttpClient(openGate(), "reuse");
  const request = { authority, tls, path: "/metrics", headers: [] };
  const fetched = await getWhole(client, request, { ...patient, maxBytes: 1000, startMs: 7, ...limits });
  client.close();
  return { fetched, server };
}

describe("getting a resource whole", () => {
  it("gives its head and its body", async () => {
    const { fetched } = await fetchFrom(answering(counted("x".repeat(1000))));
    expect(fetched).toMatchObject({ head: { status: 200 }, body: Buffer.from("x".repeat(1000)), startMs: 7 });
  });

  it("stops at once when there is too much of it", async () => {
    const { fetched, server } = await fetchFrom(async (connection) => {
      await connection.request();
      await connection.write("HTTP/1.1 200 OK\r\n\r\n");
      await connection.drip("x".repeat(400), 5);
    });
    expect(fetched).toMatchObject({
      failure: { kind: "too_large", message: "the answer is larger than 1000 bytes" },
      startMs: 7,
    });
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  it("says what failed", async () => {
    const { fetched } = await fetchFrom(() => {}, { idleTimeoutMs: 50 });
    expect(fetched).toMatchObject({ failure: { kind: "idle_timeout" } });
  });

  it("can be cancelled, before and while it runs", async () => {
    const before = await fetchFrom(answering(counted("x")), { signal: AbortSignal.abort() });
    expect(before.fetched).toMatchObject({ failure: { kind: "cancelled" } });
    expect(before.server.connections).toBe(0);
    const during = await fetchFrom(() => {}, { signal: AbortSignal.timeout(30) });
    expect(during.fetched).toMatchObject({ failure: { kind: "cancelled" } });
  });
});
