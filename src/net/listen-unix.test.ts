import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { patient } from "../../test/client.ts";
import { exitCode } from "../errors.ts";
import { mintAuthority } from "./authority.ts";
import { openGate } from "./gate.ts";
import { listenUnix } from "./listen-unix.ts";
import { openHttpClient } from "./open-http-client.ts";

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-Unix-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const at = (path: string) => mintAuthority("localhost-daemon", path, 0, "daemon");

async function listen(path: string) {
  const listener = await listenUnix(at(path), (_, response) => void response.end("hello"));
  onTestFinished(() => listener.close());
  return listener;
}

async function get(path: string) {
  const gate = openGate();
  onTestFinished(() => gate.close());
  const pieces: Buffer[] = [];
  const request = { authority: at(path), tls: null, path: "/", body: null };
  const exchange = await openHttpClient(gate, "new").exchange(
    { ...request, method: "GET", headers: [["Host", "localhost"]] },
    patient,
    {
      onBody(bytes, from, to) {
        pieces.push(Buffer.from(bytes.subarray(from, to)));
        return undefined;
      },
    },
  );
  return { ...exchange, body: Buffer.concat(pieces).toString(), uses: gate.uses() };
}

describe("a Unix socket", () => {
  it("serves HTTP to the gate, and both count the same bytes", async () => {
    const path = join(temporary(), "a.sock");
    const listener = await listen(path);
    const { failure, body, uses } = await get(path);
    expect({ failure, body }).toEqual({ failure: null, body: "hello" });
    await expect.poll(() => listener.use().bytesIn).toBeGreaterThan(0);
    expect(uses).toMatchObject([{ connections: 1, lookups: 0, authority: { host: path, port: 0 } }]);
    expect(listener.use()).toMatchObject({
      connections: 1,
      bytesOut: uses[0]?.bytesIn,
      bytesIn: uses[0]?.bytesOut,
    });
  });

  it.each([0o000, 0o022, 0o777])("has the mode 0600 under a umask of %o, which is there again after", async (umask) => {
    const path = join(temporary(), "a.sock");
    const before = process.umask(umask);
    try {
      await listen(path);
      expect(process.umask(umask)).toBe(umask);
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o7777).toBe(0o600);
  });

  it("where nobody listens is an ordinary failure", async () => {
    const directory = temporary();
    expect(await get(join(directory, "none.sock"))).toMatchObject({ failure: { kind: "refused" } });
    writeFileSync(join(directory, "file"), "");
    expect(await get(join(directory, "file"))).toMatchObject({ failure: { kind: "refused" } });
  });

  it("does not take the place of what is there", async () => {
    const path = join(temporary(), "a.sock");
    writeFileSync(path, "");
    await expect(listen(path)).rejects.toMatchObject({
      message: `cannot listen on ${path}: there is something of that name`,
      exitCode: exitCode.cannotRun,
    });
  });

  it("with a path that the kernel would cut is refused", async () => {
    await expect(listen(join(temporary(), "x".repeat(100)))).rejects.toMatchObject({
      message: expect.stringContaining("may have 107 bytes") as string,
    });
  });

  it("needs an authority that a command made, of the daemon's category", async () => {
    await expect(listenUnix({ ...at("/tmp/x") }, () => {})).rejects.toThrow(TypeError);
    expect(() => mintAuthority("inference-endpoint", "/tmp/x", 0, "--endpoint")).toThrow(TypeError);
    expect(() => mintAuthority("localhost-daemon", "/tmp/x", 80, "daemon")).toThrow(TypeError);
  });
});
