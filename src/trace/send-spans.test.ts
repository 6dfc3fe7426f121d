import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { mintAuthority } from "../net/authority.ts";
import { openGate } from "../net/gate.ts";
import { openHttpClient } from "../net/open-http-client.ts";
import { longTrace, sampleTraceStart } from "../runs/sample-trace.fixture.ts";
import type { TraceRun } from "../runs/schemas/run.ts";
import { sendSpans } from "./send-spans.ts";
import { spansOf } from "./spans.ts";

const run = { ...sampleTraceStart, run_id: "20260102-030405-trace-abc234" } as TraceRun;
const spans = spansOf(run, longTrace(300), 1000);

interface Received {
  method: string | undefined;
  path: string | undefined;
  type: string | undefined;
  spans: number;
}

/** What came, and what became of it, with a collector that answers so. */
async function sent(
  answer: (response: ServerResponse) => void,
): Promise<{ received: Received[]; problem: string | null }> {
  const received: Received[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { method, url: path, headers } = request;
      received.push({ method, path, type: headers["content-type"], spans: body.split('"spanId":').length - 1 });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { received, problem: await send((server.address() as AddressInfo).port) };
}

async function send(port: number): Promise<string | null> {
  const gate = openGate({ resolve: [], proxy: null });
  const client = openHttpClient(gate, "reuse");
  onTestFinished(() => {
    client.close();
    gate.close();
  });
  const authority = mintAuthority("otlp-endpoint", "127.0.0.1", port, "--otlp-endpoint");
  return sendSpans(client, { authority, tls: null, path: "/v1/traces" }, spans);
}

describe("spans for a collector", () => {
  it("are posted as OTLP's JSON, in several requests where there are many, each span once", async () => {
    const { received, problem } = await sent((response) => response.end("{}"));
    expect(problem).toBeNull();
    expect(received.map(({ spans: count }) => count)).toEqual([512, spans.length - 512]);
    for (const each of received)
      expect(each).toMatchObject({ method: "POST", path: "/v1/traces", type: "application/json" });
  });

  it("that it refuses are said, and nothing is tried again", async () => {
    const { received, problem } = await sent((response) => response.writeHead(503).end());
    expect(received).toHaveLength(1);
    expect(problem).toMatch(/answered 503 to POST \/v1\/traces; 601 of 601 spans may be missing/);
  });

  it("that it refuses in part are said with their number", async () => {
    const { problem } = await sent((response) =>
      response.end(JSON.stringify({ partialSuccess: { rejectedSpans: "7", errorMessage: "x" } })),
    );
    expect(problem).toContain("refused 7 spans");
  });

  it("follow no redirect", async () => {
    const { received, problem } = await sent((response) => response.writeHead(307, { location: "/elsewhere" }).end());
    expect(received).toHaveLength(1);
    expect(problem).toContain("answered 307");
  });

  it("for a collector that is not there end in a sentence", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await send(port)).toMatch(/could not be reached/);
  });
});
