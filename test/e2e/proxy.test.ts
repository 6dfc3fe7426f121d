/** `bench --proxy`: every connection is one to the proxy, and the record says so. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { attestationSchema } from "../../src/posture/attestation-schema.ts";
import { startProxy } from "../proxies.ts";
import { closedPort } from "../servers.ts";
import { bench, benchArgs, startEngine } from "./bench.ts";
import { bin, runProgram, withTempHome } from "./cli.ts";
import { refusal } from "./refusal.ts";

const few = ["--requests", "3", "--concurrency", "1"];

function proxied(port: number): string[] {
  return ["--proxy", `http://127.0.0.1:${port}`];
}

describe("bench through a proxy", () => {
  it("connects to nothing else, and says what went through it and to where", async () => {
    const [engine, proxy] = [await startEngine(), await startProxy()];
    const metrics = ["--metrics-url", `http://metrics.example:${engine.port}/metrics`];
    const { run, summary } = await bench(engine.port, [...few, ...metrics, ...proxied(proxy.port)]);
    expect(new Set(proxy.asked)).toEqual(new Set([`127.0.0.1:${engine.port}`, `metrics.example:${engine.port}`]));
    expect(run.requests.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
    expect(run.run.plan.target.proxy).toBe(`http://127.0.0.1:${proxy.port}`);
    expect(summary.notes.map(({ code }) => code)).toContain("THROUGH_PROXY");
    expect(run.egress).toMatchObject({
      denied: 0,
      authorities: [
        { category: "proxy", flag: "--proxy", port: proxy.port, connections: proxy.asked.length },
        { flag: "--endpoint", port: engine.port, via: "--proxy", lookups: 0 },
        { flag: "--metrics-url", host: "metrics.example", via: "--proxy", lookups: 0 },
      ],
    });
    expect(run.egress?.authorities[0]?.bytes_out).toBe(proxy.bytesIn);
    expect(run.egress?.authorities[0]).not.toHaveProperty("via");
    expect(summary.egress?.destinations.map(({ via }) => via)).toEqual([undefined, "--proxy", "--proxy"]);
  });

  it("gets the headers that are for it, and the endpoint does not", async () => {
    const endpointHeaders: string[] = [];
    const endpoint = createServer((request, response) => {
      endpointHeaders.push(...Object.keys(request.headers));
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void endpoint.close());
    const { port } = endpoint.address() as AddressInfo;
    const proxy = await startProxy();
    await withFile("Proxy-Authorization: Basic dTpw\n", async (file) => {
      const { run } = await bench(port, [...few, ...proxied(proxy.port), "--proxy-header-file", file]);
      expect(JSON.stringify(run)).not.toContain("dTpw");
    });
    expect(proxy.heads.every((head) => head.includes("\r\nProxy-Authorization: Basic dTpw\r\n"))).toBe(true);
    expect(endpointHeaders.length).toBeGreaterThan(0);
    expect(endpointHeaders).not.toContain("proxy-authorization");
  });

  it.for(["traced", "airlock"])("is proved to reach the proxy alone at tier %s", async (tier, { skip }) => {
    const [engine, proxy] = [await startEngine(), await startProxy()];
    const command = [...benchArgs(engine.port, few).filter((arg) => arg !== "--json"), ...proxied(proxy.port)];
    const { stdout, stderr, code } = await withTempHome((home) =>
      runProgram(process.execPath, [bin, "telemetry", "prove", "--json", "--tier", tier, "--", ...command], { home }),
    );
    if (stderr.includes("nothing was proved")) skip(stderr.trim());
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const { predicate } = attestationSchema.parse(JSON.parse(stdout));
    expect(new Set(predicate.monitorLog.network.map((each) => each["x-authority"]))).toEqual(new Set(["--proxy"]));
    expect(predicate["x-blindspots"]).toContain("what the proxy reached for the command");
  });
});

describe("no run is left when", () => {
  it("the proxy is not there", async () => {
    const port = await closedPort();
    const { code, stderr } = await refusal(["bench", "--endpoint", "http://llm.example", ...proxied(port)]);
    expect(code).toBe(3);
    expect(stderr).toContain(`cannot connect to --endpoint llm.example:80 through --proxy 127.0.0.1:${port}: `);
  });

  it("the proxy wants credentials, and the flag for them is named", async () => {
    const proxy = await startProxy({ answer: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n" });
    const { code, stderr } = await refusal(["bench", "--endpoint", "https://llm.example", ...proxied(proxy.port)]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/answered 407 to CONNECT llm\.example:443\n.*--proxy-header-file/);
  });

  it("a key would travel in the clear beyond the proxy", async () => {
    const [engine, proxy] = [await startEngine(), await startProxy()];
    const at = ["--endpoint", `http://127.0.0.1:${engine.port}`, "--model", "m", "--header", "Authorization: Bearer k"];
    const { code, stderr } = await refusal(["bench", ...at, ...proxied(proxy.port)]);
    expect(code).toBe(4);
    expect(stderr).toContain("--allow-plaintext-key");
    expect(proxy.asked).toEqual([]);
  });

  it("the proxy's credentials would travel in the clear", async () => {
    await withFile("Proxy-Authorization: Basic dTpw\n", async (file) => {
      const proxy = ["--proxy", "http://192.0.2.1:3128", "--proxy-header-file", file];
      const { code, stderr } = await refusal(["bench", "--endpoint", "https://llm.example", ...proxy]);
      expect(code).toBe(4);
      expect(stderr).toMatch(/the proxy's headers would travel to 192\.0\.2\.1:3128 in the clear/);
    });
  });
});

async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "inferguard-proxy-"));
  try {
    const path = join(folder, "headers");
    writeFileSync(path, text);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
