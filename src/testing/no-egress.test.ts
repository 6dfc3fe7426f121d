import { execFile, spawnSync } from "node:child_process";
import { lookup } from "node:dns";
import { createSocket } from "node:dgram";
import { resolve4, Resolver } from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blockNetwork, installNoEgress, type NetworkBlock, withNetwork } from "./no-egress.ts";
import { techniques } from "./techniques.fixture.ts";

const repositoryRoot = join(import.meta.dirname, "../..");
let block: NetworkBlock;

beforeEach(() => {
  block = blockNetwork();
});
afterEach(() => block.restore());

async function withServer<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((_request, response) => void response.end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("under a block", () => {
  it.each(Object.keys(techniques))("%s is denied, and known though nobody told of it", async (name) => {
    await techniques[name]?.();
    expect(block.denied).not.toEqual([]);
    expect(block.denied.map(({ target }) => target).join()).toMatch(
      /192\.0\.2\.1|2001:db8::1|inferguard\.invalid|docker|curl|python3|grpc-cli|\/bin\/true|nowhere\.node|ffi/,
    );
  });

  it("an error is an ordinary one", async () => {
    const [error] = (await once(connect(80, "192.0.2.1"), "error")) as [Error];
    expect(error).toMatchObject({ code: "EACCES", syscall: "connect" });
    await expect(fetch("http://192.0.2.1/")).rejects.toMatchObject({ cause: { code: "EACCES" } });
    await expect(resolve4("inferguard.invalid")).rejects.toMatchObject({ code: "EACCES" });
    expect(spawnSync("curl", []).error).toMatchObject({ code: "EACCES" });
  });

  it("an attempt comes with where in the code it was made, as far as Node still knows", () => {
    spawnSync("curl", []);
    expect(block.denied[0]?.stack).toContain("no-egress.test.ts");
  });

  it("loopback works, by address, by name and for another Node process", async () => {
    await withServer(async (port) => {
      for (const host of ["127.0.0.1", "localhost"])
        expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe("here");
      const code = `fetch("http://127.0.0.1:${port}/").then((r) => r.text()).then(console.log)`;
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", code]);
      expect(stdout).toBe("here\n");
    });
    const [receiver, sender] = [createSocket("udp4"), createSocket("udp4")];
    receiver.bind(0, "127.0.0.1");
    await once(receiver, "listening");
    sender.send("x", receiver.address().port, "127.0.0.1");
    expect(String((await once(receiver, "message"))[0])).toBe("x");
    receiver.close();
    sender.close();
    expect(block.denied).toEqual([]);
  });

  it("a test's own DNS server on loopback may be asked", async () => {
    const server = createSocket("udp4");
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    server.on("message", (query, { port }) => {
      // The query back as an answer: no such name.
      const answer = Buffer.from(query);
      answer.writeUInt16BE(0x8183, 2);
      server.send(answer, port, "127.0.0.1");
    });
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${server.address().port}`]);
    await expect(resolver.resolve4("inferguard.invalid")).rejects.toMatchObject({ code: "ENOTFOUND" });
    server.close();
    expect(block.denied).toEqual([]);
  });

  it("a Unix socket among the temporary files works", async () => {
    const folder = mkdtempSync(join(tmpdir(), "inferguard-socket-"));
    const server = createTcpServer((socket) => socket.end("here")).listen(join(folder, "s"));
    await once(server, "listening");
    expect(String((await once(connect(join(folder, "s")), "data"))[0])).toBe("here");
    server.close();
    rmSync(folder, { recursive: true });
    expect(block.denied).toEqual([]);
  });

  it("a second one has to wait", () => {
    expect(() => blockNetwork()).toThrow("blocked already");
  });
});

describe("a block with exceptions", () => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === "IPv4" && !each.internal)?.address;

  it("lets withNetwork reach the destinations that it names, while it runs", async ({ skip }) => {
    skip(own === undefined, "this machine has no address beside loopback");
    // This machine's own address: what is sent there does not leave it.
    const server = createTcpServer((socket) => socket.end("here")).listen(0, own);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const reach = () => once(connect(port, own), "data").then(([data]) => String(data));
    const reachFromThere = () =>
      promisify(execFile)(process.execPath, [
        "-p",
        `require("net").connect(${port}, "${own}").on("data", () => {}); 1`,
      ]);
    await withNetwork([`${own}:${port}`], async () => {
      expect(await reach()).toBe("here");
      await reachFromThere();
    });
    expect(block.denied).toEqual([]);
    await withNetwork([`${own}:${port === 1 ? 2 : 1}`], () => expect(reach()).rejects.toThrow("EACCES"));
    await expect(reach()).rejects.toThrow("EACCES");
    expect(block.denied).toMatchObject([{ what: "tcp connect", target: `${own}:${port}`, count: 2 }]);
    server.close();
  });

  it.each(["example.com", "example.com:0", "example.com:65536", "http://example.com:80", ":80", "::1:80"])(
    "refuses the destination %j",
    async (text) => {
      await expect(withNetwork([text], () => 1)).rejects.toThrow('it wants "host:port"');
    },
  );

  it("gives back what was done, and what failed", async () => {
    expect(await withNetwork(["[2001:db8::1]:443", "example.com:443"], () => 7)).toBe(7);
    await expect(withNetwork([], () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  });

  it("starts the programs that are allowed, as they are", () => {
    block.restore();
    block = blockNetwork({ allowPrograms: ["true", process.execPath] });
    expect(spawnSync("true").status).toBe(0);
    const options = spawnSync(process.execPath, ["-p", "process.env.NODE_OPTIONS"], { env: {}, encoding: "utf8" });
    expect(options.stdout).toBe("undefined\n");
    expect(spawnSync("false").error).toMatchObject({ code: "EACCES" });
    expect(block.denied).toMatchObject([{ what: "child process", target: "false" }]);
  });

  it("keeps the options that another Node process was given", () => {
    const env = { NODE_OPTIONS: "--title=kept" };
    const { stdout } = spawnSync(process.execPath, ["-p", "process.title"], { env, encoding: "utf8" });
    expect(stdout).toBe("kept\n");
  });
});

describe("after a block", () => {
  it("everything is as it was", async () => {
    const functions = () => [lookup, Worker, process.dlopen, process.getBuiltinModule, process.execve];
    const during = functions();
    block.restore();
    const before = functions();
    block = blockNetwork();
    expect(functions()).not.toEqual(before);
    block.restore();
    expect(functions()).toEqual(before);
    expect(before.filter((each) => during.includes(each))).toEqual([]);
    expect(spawnSync("true").status).toBe(0);
    await withServer(async (port) => expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200));
  });
});

describe("installNoEgress", () => {
  it("fails a test that tried to reach out, once, and says what, where and what to do", async () => {
    block.restore();
    const checks: (() => Promise<void>)[] = [];
    block = installNoEgress({ afterEach: (check) => checks.push(check) });
    const [check = async () => {}] = checks;
    await check();
    spawnSync("curl", ["192.0.2.1"]);
    await expect(check()).rejects.toThrow(/child process: curl 192\.0\.2\.1\n.*no-egress\.test\.ts[^]*withNetwork/s);
    await check();
  });

  const swallowing = `
    test("swallows", () => fetch("http://192.0.2.1/").catch(() => {}));
    test("stays here", () => {});
    test("waits for nothing", () => void fetch("http://192.0.2.2/").catch(() => {}));`;

  it("fails a swallowed error in node:test", () => {
    block.restore();
    withTestFile(
      `import { after as afterAll, afterEach, test } from "node:test";
       import { installNoEgress } from ${JSON.stringify(join(import.meta.dirname, "no-egress.ts"))};
       installNoEgress({ afterEach, afterAll }); ${swallowing}`,
      (folder) => {
        const { status, stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", "a.test.mjs"], {
          cwd: folder,
          encoding: "utf8",
          env: { PATH: process.env["PATH"] },
        });
        expect(status).toBe(1);
        expect(stdout).toMatch(/^not ok 1 - swallows$/m);
        expect(stdout).toMatch(/^ok 2 - stays here$/m);
        expect(stdout).toMatch(/^not ok 3 - waits for nothing$/m);
        expect(stdout).toContain("tcp connect: 192.0.2.1:80");
      },
    );
  });

  it("fails a swallowed error in vitest", () => {
    block.restore();
    withTestFile(
      `import { afterAll, afterEach, test } from "vitest";
       import { installNoEgress } from ${JSON.stringify(join(import.meta.dirname, "no-egress.ts"))};
       installNoEgress({ afterEach, afterAll }); ${swallowing}`,
      (folder) => {
        const vitest = join(repositoryRoot, "node_modules/vitest/vitest.mjs");
        const { status } = spawnSync(process.execPath, [vitest, "run", "--reporter=json", "--outputFile=out.json"], {
          cwd: folder,
          encoding: "utf8",
          env: { PATH: process.env["PATH"] },
        });
        expect(status).toBe(1);
        const results = readFileSync(join(folder, "out.json"), "utf8");
        const { testResults } = JSON.parse(results) as { testResults: { assertionResults: object[] }[] };
        expect(testResults[0]?.assertionResults).toMatchObject([
          { title: "swallows", status: "failed" },
          { title: "stays here", status: "passed" },
          { title: "waits for nothing", status: "failed" },
        ]);
        expect(results).toContain("tcp connect: 192.0.2.1:80");
      },
    );
  });
});

function withTestFile(text: string, use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "inferguard-fixture-"));
  try {
    symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "a.test.mjs"), text);
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
