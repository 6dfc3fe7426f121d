/** The guard, in processes of their own: it cannot be taken off again. What it blocks is the corpus in test/egress. */
import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closedPort } from "../../test/servers.ts";
import { exitCode } from "../errors.ts";
import { optOuts } from "./opt-outs.ts";

const fixture = new URL("guard.fixture.ts", import.meta.url).pathname;
const denial = (what: string, count = 1) => [{ reason: `guard: ${what}`, count }];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "inferguard-guard-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What the fixture prints. It must print nothing on stderr, where an error that nobody caught would stand. */
async function run(
  behaviour: string,
  options: { nodeArgs?: string[]; input?: string; args?: string[] } = {},
): Promise<unknown> {
  const { answer, complaint } = await start(
    [behaviour, ...(options.args ?? [])],
    options.nodeArgs ?? [],
    "pipe",
    (child) => child.stdin?.end(options.input ?? ""),
  );
  expect(complaint).toBe("");
  return answer;
}

async function start(
  behaviour: string[],
  nodeArgs: string[],
  stdin: "pipe" | Socket,
  started: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<{ answer: unknown; complaint: string }> {
  const options: SpawnOptions = { stdio: [stdin, "pipe", "pipe"], env: { PATH: process.env["PATH"] } };
  const child = spawn(process.execPath, [...nodeArgs, fixture, ...behaviour], options);
  started(child);
  if (child.stdout === null || child.stderr === null) throw new Error("the fixture has no output");
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { answer: output === "" ? null : JSON.parse(output), complaint };
}

describe("the guard", () => {
  it("is live on this Node", async () => {
    expect(await run("state")).toEqual({ is: "live" });
  });

  it("lets the gate connect, and denies fetch() to the very same place", async () => {
    expect(await run("gateAndFetch")).toEqual({
      opened: true,
      fetched: "EACCES",
      denials: denial("tcp connect"),
      attempts: 1,
    });
  });

  it("gives the gate's ticket to nobody else, not even for the same place at the same time", async () => {
    expect(await run("sharedTicket")).toEqual({ beside: "EACCES", opened: true });
  });

  it("lets the gate connect to the daemon's Unix socket, and nobody else to the same one", async () => {
    expect(await run("unixSocket", { args: [join(directory, "a.sock")] })).toEqual({
      opened: true,
      beside: "EACCES",
      denials: denial("unix socket connect"),
    });
  });

  it("lets the gate look an authorised name up, and nobody else", async () => {
    expect(await run("lookUp")).toEqual({ resolved: true, beside: "EACCES", denials: denial("look-up") });
  });

  it("lets listenHttp listen, and nobody else at the same port", async () => {
    expect(await run("listen")).toEqual({ port: true, beside: "EACCES" });
    expect(await run("listenByName")).toEqual({ port: true, denied: 0 });
  });

  it("lets this program's own process start, and nothing else", async () => {
    expect(await run("child")).toEqual({ own: true, beside: "EACCES" });
  });

  it("answers the start of a child with an ordinary error, and an end of its streams", async () => {
    expect(await run("deniedChild")).toEqual(["EACCES", "end of output"]);
  });

  it("leaves standard input and output alone: a pipe", async () => {
    expect(await run("input", { input: "words" })).toEqual({ input: "words", denied: [] });
  });

  it("leaves standard input and output alone: a TCP connection", async () => {
    const server = createServer((socket) => socket.end("words"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address() as { port: number };
    const socket = connect(address.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const { answer, complaint } = await start(["input"], [], socket, () => socket.destroy());
    server.close();
    expect({ answer, complaint }).toEqual({ answer: { input: "words", denied: [] }, complaint: "" });
  });

  it("shows what was tried without its control characters, and not at any length", async () => {
    const [host, path] = (await run("shown")) as { target: string }[];
    expect(host?.target).toBe("?[2J.example");
    expect(path?.target).toHaveLength(100);
  });

  const strace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

  it("tries itself out without a system call", async ({ skip }) => {
    skip(!strace, "there is no strace, or it may not trace here");
    const record = join(directory, "record");
    const trace = (args: string[]) => {
      expect(
        spawnSync("strace", ["-f", "-e", "trace=connect,bind", "-o", record, process.execPath, ...args]).status,
      ).toBe(0);
      return readFileSync(record, "utf8").match(/(connect|bind)\(.*AF_INET/g)?.length ?? 0;
    };
    expect(trace([fixture, "state"])).toBe(0);
    // The same look at a program that does connect.
    const port = await closedPort();
    expect(trace(["-e", `require("node:net").connect(${port}, "127.0.0.1").on("error", () => {})`])).toBe(1);
  });
});

describe("where the guard cannot be installed", () => {
  const refused = ["guard unavailable: refusing to run network commands", exitCode.refused];

  it.each([
    ["a method that it needs is gone", `delete process.binding("tcp_wrap").TCP.prototype.connect6;`],
    [
      "a method cannot be replaced",
      `Object.defineProperty(process.binding("udp_wrap").UDP.prototype, "send", { configurable: false, writable: false });`,
    ],
    ["Node gives nobody its bindings", `process.binding = () => { throw new Error("no more"); };`],
    ["process.binding is gone", `delete process.binding;`],
  ])("because %s, everything that needs the network refuses", async (_, sabotage) => {
    const path = join(directory, "sabotage.cjs");
    writeFileSync(path, sabotage);
    expect(await run("state", { nodeArgs: ["--require", path] })).toMatchObject({ is: "unavailable" });
    expect(await run("refusals", { nodeArgs: ["--require", path] })).toEqual({
      gate: refused,
      listener: refused,
      child: refused,
    });
  });

  it("no connection is tried through a method that is not the guard's", async () => {
    // A handle whose connect is its own: the guard's check of itself would go through it.
    const path = join(directory, "own-connect.cjs");
    writeFileSync(
      path,
      `const { TCP } = process.binding("tcp_wrap");
       const tcp = process.binding("tcp_wrap");
       tcp.TCP = function (type) { return Object.defineProperty(new TCP(type), "connect", { value() { process.exit(1); } }); };
       tcp.TCP.prototype = TCP.prototype;`,
    );
    const state = await run("state", { nodeArgs: ["--require", path] });
    expect(state).toMatchObject({ is: "unavailable", reason: "a handle's connect is not the guard's" });
  });
});

describe("a module that took Node's functions before the guard came", () => {
  it("looks nothing up either", async () => {
    const path = join(directory, "early.cjs");
    writeFileSync(path, `require("node:dns"); require("node:net"); require("node:child_process");`);
    expect(await run("lookUp", { nodeArgs: ["--require", path] })).toEqual({
      resolved: true,
      beside: "EACCES",
      denials: denial("look-up"),
    });
    expect(await run("gateAndFetch", { nodeArgs: ["--require", path] })).toMatchObject({
      opened: true,
      fetched: "EACCES",
    });
    expect(await run("child", { nodeArgs: ["--require", path] })).toEqual({ own: true, beside: "EACCES" });
  });

  it("loads no native code by its own name for the function, any more than one that came later", async () => {
    const path = join(directory, "early.mjs");
    writeFileSync(path, `import { setEngine } from "node:crypto"; globalThis.earlySetEngine = (id) => setEngine(id);`);
    expect(await run("engine")).toEqual(["EACCES", "EACCES"]);
    expect(await run("engine", { nodeArgs: ["--import", path] })).toEqual(["EACCES", "EACCES"]);
  });
});

describe("the opt-outs", () => {
  it("are words, and say no", () => {
    for (const [name, value] of Object.entries(optOuts)) {
      expect(name).toMatch(/^[A-Z][A-Z_]+$/);
      expect(["0", "1", "false", "False"]).toContain(value);
    }
  });
});
