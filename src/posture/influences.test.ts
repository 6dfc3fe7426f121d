/** What src/posture/influences.ts says of variables, tried on the client that they are said to influence or not. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { answering, counted, startServer } from "../../test/servers.ts";

const program = join(import.meta.dirname, "influences.fixture.ts");
const certificates = join(import.meta.dirname, "../../test/fixtures/tls");

async function exchangeWith(environment: Record<string, string>, port: number, ...rest: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, `${port}`, ...rest], { env: environment });
  return stdout;
}

describe("the environment", () => {
  it("cannot send a connection through a proxy", async () => {
    const server = await startServer(answering(counted("")));
    const proxy = await startServer(answering(counted("")));
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    const proxies = Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${proxy.port}`]));
    expect(await exchangeWith({ ...proxies, NODE_USE_ENV_PROXY: "1" }, server.port)).toBe("done");
    expect([server.connections, proxy.connections]).toEqual([1, 0]);
  });

  it("cannot switch the checking of certificates off, nor have the keys written down", async () => {
    const directory = mkdtempSync(join(tmpdir(), "inferguard-keys-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const SSLKEYLOGFILE = join(directory, "keys");
    const server = await startServer(answering(counted("")), { tls: "localhost" });
    expect(await exchangeWith({ NODE_TLS_REJECT_UNAUTHORIZED: "0", SSLKEYLOGFILE }, server.port, "tls")).toBe("tls");
    expect(existsSync(SSLKEYLOGFILE)).toBe(false);
  });

  it("can have another authority trusted", async () => {
    const server = await startServer(answering(counted("")), { tls: "localhost" });
    expect(await exchangeWith({}, server.port, "tls")).toBe("tls");
    const NODE_EXTRA_CA_CERTS = join(certificates, "localhost.pem");
    expect(await exchangeWith({ NODE_EXTRA_CA_CERTS }, server.port, "tls")).toBe("done");
  });
});
