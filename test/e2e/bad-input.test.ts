/** What a person gets to read, and a script to branch on, when something about the command or its endpoint is wrong. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { canBeOrdinaryUser, runAsOrdinaryUser } from "../../src/runs/ordinary-user.fixture.ts";
import { closedPort, counted, startServer } from "../servers.ts";
import { bench, benchArgs, type BenchResult, startEngine, stateOf, steady } from "./bench.ts";
import { bin, type CliResult, repositoryRoot, runCli, runProgram, withTempHome } from "./cli.ts";
import { expectOneSentence, refusal } from "./refusal.ts";

/** It ran: the summary is on stdout and in the run, the reason is one sentence on stderr, and the exit code is 1. */
function expectFailedRun({ code, stderr, summary }: BenchResult): string {
  const said = stderr.slice(stderr.indexOf("inferguard: "));
  expectOneSentence(said);
  expect({ code, status: summary.status }).toEqual({ code: 1, status: "failed" });
  return said;
}

const twice = ["--requests", "2", "--concurrency", "1"];

describe("an endpoint that cannot be reached", () => {
  it("refuses the connection: exit 3", async () => {
    const port = await closedPort();
    const { code, stderr } = await refusal(benchArgs(port, twice));
    expect(code).toBe(3);
    expect(stderr).toContain(`cannot connect to --endpoint 127.0.0.1:${port}: the connection was refused`);
    expect(stderr).toContain("is the server running");
  });

  it("has a name that does not resolve: exit 3", async () => {
    const { code, stderr } = await refusal(benchArgs(0, ["--endpoint", "http://nothing.invalid:8000", ...twice]));
    expect(code).toBe(3);
    expect(stderr).toContain("cannot connect to --endpoint nothing.invalid:8000");
    expect(stderr).toContain("--resolve nothing.invalid:8000:ADDRESS");
  });

  it("is there, but the metrics that were named are not: exit 3, and nothing is loaded", async () => {
    const engine = await startEngine();
    const metrics = `http://127.0.0.1:${await closedPort()}/metrics`;
    const { code, stderr } = await refusal(benchArgs(engine.port, ["--metrics-url", metrics, ...twice]));
    expect(code).toBe(3);
    expect(stderr).toContain("--metrics-url");
    expect((await stateOf(engine.port)).requests.received).toBe(0);
  });
});

describe("an endpoint that is not what it was taken for", () => {
  it("has its API under another path: exit 1, and the hint names that path", async () => {
    const { port } = await startEngine();
    const wrong = ["--endpoint", `http://127.0.0.1:${port}/wrong`, "--model", steady.model];
    const said = expectFailedRun(await bench(port, [...wrong, ...twice]));
    expect(said).toContain("404");
    expect(said).toContain(`--endpoint http://127.0.0.1:${port}/v1`);
  });

  it("has its API under another path and no model was named: exit 3, and the hint names that path", async () => {
    const { port } = await startEngine();
    const { code, stderr } = await refusal(benchArgs(port, ["--endpoint", `http://127.0.0.1:${port}/wrong`, ...twice]));
    expect(code).toBe(3);
    expect(stderr).toContain("404");
    expect(stderr).toContain(`--endpoint http://127.0.0.1:${port}/v1`);
  });

  it("serves another model: exit 1, and the hint lists those that it serves", async () => {
    const { port } = await startEngine();
    const other = ["--endpoint", `http://127.0.0.1:${port}`, "--model", "gpt-unknown"];
    const said = expectFailedRun(await bench(port, [...other, ...twice]));
    expect(said).toContain("gpt-unknown");
    expect(said).toContain(`it serves ${steady.model}: use --model`);
  });

  it("wants a key: exit 1 with a model named, exit 3 without, and a hint at the flags for one", async () => {
    const { port } = await startEngine({ requireKey: "opensesame" });
    expect(expectFailedRun(await bench(port, twice))).toMatch(/401.*\n.*--api-key-env NAME or --api-key-file PATH/);
    const nameless = await refusal(benchArgs(port, ["--endpoint", `http://127.0.0.1:${port}`, ...twice]));
    expect(nameless.code).toBe(3);
    expect(nameless.stderr).toMatch(/401.*\n.*--api-key-env NAME or --api-key-file PATH/);

    const env = { MY_KEY: "opensesame" };
    const { summary } = await bench(port, ["--api-key-env", "MY_KEY", ...twice], { env });
    expect(summary.levels[0]?.requests.ok).toBe(2);
  });

  it("refuses stream_options: exit 1, and the hint is --no-stream-usage", async () => {
    const { port } = await startEngine({ fault: "refuse-usage" });
    expect(expectFailedRun(await bench(port, twice))).toContain("--no-stream-usage");
  });

  it("speaks HTML: exit 1 with a model named, exit 3 without", async () => {
    const page = counted("<!doctype html><title>Sign in</title>", "Content-Type: text/html\r\n");
    const { port } = await startServer(async (connection) => {
      while ((await connection.request()) !== null) await connection.write(page);
    });
    expect(expectFailedRun(await bench(port, twice))).toMatch(
      /text\/html, not an event stream.*\n.*not a streaming API/,
    );
    const nameless = await refusal(benchArgs(port, ["--endpoint", `http://127.0.0.1:${port}`, ...twice]));
    expect(nameless.code).toBe(3);
    expect(nameless.stderr).toContain("cannot ask the server which model it serves: the answer is not JSON");
  });

  it("fails every request in a way that can pass: exit 1 all the same", async () => {
    const { port } = await startEngine({ fault: "http-500" });
    const { code, summary } = await bench(port, twice);
    expect(summary.levels[0]?.requests).toMatchObject({ ok: 0, error: 2 });
    expect(code).toBe(1);
  });
});

describe("an endpoint whose certificate nobody vouches for", () => {
  const caFile = fileURLToPath(new URL("../fixtures/tls/localhost.pem", import.meta.url));
  const startTls = async () => {
    const { port } = await startServer(
      async (connection) => {
        while ((await connection.request()) !== null) await connection.write(counted(reply, eventStream));
      },
      { tls: "localhost" },
    );
    return { port, at: ["--endpoint", `https://localhost:${port}`, "--model", "m", ...twice] };
  };
  const eventStream = "Content-Type: text/event-stream\r\n";
  const reply = [
    '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}',
    '{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}',
    "[DONE]",
  ]
    .map((data) => `data: ${data}\n\n`)
    .join("");

  it("is refused with exit 3 and a hint at both flags", async () => {
    const { port, at } = await startTls();
    const { code, stderr } = await refusal(benchArgs(port, at));
    expect(code).toBe(3);
    expect(stderr).toMatch(/certificate is self-signed\n.*--ca-file FILE\.pem, or .*--insecure/);
  });

  it("is loaded with --ca-file", async () => {
    const { port, at } = await startTls();
    const { summary } = await bench(port, [...at, "--ca-file", caFile]);
    expect(summary.levels[0]?.requests.ok).toBe(2);
    expect(summary.notes.map(({ code }) => code)).not.toContain("INSECURE_TLS");
  });

  it("is loaded with --insecure, and every report says so", async () => {
    const { port, at } = await startTls();
    const { summary, run } = await bench(port, [...at, "--insecure"], {}, async (home) => {
      const { stdout } = await runCli(["report"], { home });
      expect(stdout).toContain("--insecure");
    });
    expect(summary.levels[0]?.requests.ok).toBe(2);
    expect(summary.notes.map(({ code }) => code)).toContain("INSECURE_TLS");
    expect(run.run.plan.target.insecure).toBe(true);
  });

  it("is taken for one without TLS, or the other way round: exit 3, and the hint says which it is", async () => {
    const tls = await startTls();
    const plain = await startEngine();
    const toPlain = await refusal(
      benchArgs(0, ["--endpoint", `https://127.0.0.1:${plain.port}`, "--model", "m", ...twice]),
    );
    expect(toPlain).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/does not speak TLS.*\n.*http:\/\//) as string,
    });
    const toTls = await bench(tls.port, ["--endpoint", `http://localhost:${tls.port}`, "--model", "m", ...twice]);
    expect(toTls.code).toBe(1);
  });
});

describe("a prompts file", () => {
  const inHome = (text: string, look: (path: string, home: string) => Promise<void>) =>
    withTempHome(async (home) => {
      const path = join(home, "prompts.jsonl");
      writeFileSync(path, text);
      await look(path, home);
    });

  it.each([
    ["is not JSON", '{"prompt": "one"}\n{"prompt": "two"}\n{"prompt": \n{"prompt": "four"}\n', 3],
    ["is no prompt", '{"prompt": "one"}\n{"text": "two"}\n', 2],
    ["is cut off", '{"prompt": "one"}\n\n{"prompt": "th', 3],
  ])("with a line that %s is refused by that line's number, and nothing is sent", async (_, text, line) => {
    const engine = await startEngine();
    await inHome(text, async (path) => {
      const { code, stderr } = await refusal(benchArgs(engine.port, ["--input", path, ...twice]));
      expect(code).toBe(3);
      expect(stderr).toContain(`line ${line} of the prompts file`);
    });
    const state = await stateOf(engine.port);
    // The one connection is that of the question itself.
    expect({ received: state.requests.received, accepted: state.connections.accepted }).toEqual({
      received: 0,
      accepted: 1,
    });
  });

  it("that is not there is exit 3", async () => {
    const { code, stderr } = await refusal(benchArgs(9, ["--input", "nowhere.jsonl"]));
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("nowhere.jsonl: there is no such file") as string,
    });
  });

  it("without a line is exit 3", () =>
    inHome("\n", async (path) => {
      const { code, stderr } = await refusal(benchArgs(9, ["--input", path]));
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining("is empty") as string });
    }));
});

describe("a key", () => {
  const canary = "canary-4f1d6c";

  it("in a variable that is not set, or empty, is exit 2 and names the variable", async () => {
    const args = benchArgs(9, ["--api-key-env", "MY_KEY"]);
    expect(await refusal(args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("MY_KEY, which is not set") as string,
    });
    expect(await refusal(args, { env: { MY_KEY: " " } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("MY_KEY, which is empty") as string,
    });
  });

  it("in a file that is not there is exit 3, in one that holds more is exit 2, and is never shown", async () => {
    expect(await refusal(benchArgs(9, ["--api-key-file", "nowhere"]))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("nowhere") as string,
    });
    await withTempHome(async (home) => {
      const path = join(home, "key");
      writeFileSync(path, `${canary}\n${canary}\n`);
      const { code, stderr } = await refusal(benchArgs(9, ["--api-key-file", path]));
      expect(code).toBe(2);
      expect(stderr).not.toContain(canary);
    });
  });

  it.each([
    ["--api-key-env", "MY_KEY"],
    ["--header", `Authorization: Bearer ${canary}`],
    ["--header", `X-Api-Key: ${canary}`],
  ])("by %s %s is not sent over plain http to another machine: exit 4, before any connection", async (...flags) => {
    const args = benchArgs(0, ["--endpoint", "http://192.0.2.1:9", "--model", "m", ...flags]);
    const { code, stderr } = await refusal(args, { env: { MY_KEY: canary } });
    expect(code).toBe(4);
    expect(stderr).toMatch(/the key would travel to 192\.0\.2\.1:9 in the clear\n.*--allow-plaintext-key/);
    expect(stderr).not.toContain(canary);
  });

  it("for another machine makes no connection, as the kernel sees it", async ({ skip }) => {
    skip(spawnSync("strace", ["-o", "/dev/null", "true"]).status !== 0, "there is no strace that can trace here");
    await withTempHome(async (home) => {
      const record = join(home, "record");
      const args = benchArgs(0, ["--endpoint", "http://192.0.2.1:9", "--model", "m", "--api-key-env", "MY_KEY"]);
      const strace = ["-f", "-qq", "-e", "trace=network", "-o", record, process.execPath, bin, ...args];
      const { code } = await runProgram("strace", strace, { home, env: { MY_KEY: canary } });
      expect(code).toBe(4);
      expect(readFileSync(record, "utf8")).not.toMatch(/\b(connect|sendto|sendmsg|sendmmsg)\(/);
    });
  });
});

describe("a file that a flag names", () => {
  it.each([
    ["--header-file", "nowhere", 3, "nowhere cannot be read"],
    ["--body", "nowhere", 3, "nowhere cannot be read"],
    ["--ca-file", "nowhere", 3, "nowhere cannot be read"],
    ["--body", "text", 2, "text is not JSON"],
    ["--body", "list", 2, "list is not a JSON object"],
    ["--header-file", "text", 2, "no header name"],
    ["--ca-file", "text", 3, "text holds no certificate"],
  ])("%s %s is exit %i: %s", (flag, name, exitCode, why) =>
    withTempHome(async (home) => {
      writeFileSync(join(home, "text"), "neither\n");
      writeFileSync(join(home, "list"), "[]");
      const { code, stderr } = await refusal(benchArgs(9, [flag, join(home, name)]));
      expect(code).toBe(exitCode);
      expect(stderr).toContain(flag);
      expect(stderr).toContain(why);
    }),
  );
});

describe("a runs directory that cannot be written", () => {
  it("is exit 3 for an ordinary user, with a hint, and nothing is sent", async ({ skip }) => {
    skip(
      !canBeOrdinaryUser || runAsOrdinaryUser("test", "-r", bin).status !== 0,
      "this user cannot become an ordinary one that may run the program",
    );
    const engine = await startEngine();
    const { code, stdout, stderr } = await asOrdinaryUser(
      benchArgs(engine.port, [...twice, "--runs-dir", "/usr/runs"]),
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expectOneSentence(stderr);
    expect(stderr).toMatch(/cannot write a run into \/usr\/runs: permission denied.*\n.*--runs-dir/);
    expect((await stateOf(engine.port)).requests.received).toBe(0);
  });

  it("because a file has its name, is exit 3", () =>
    withTempHome(async (home) => {
      const engine = await startEngine();
      writeFileSync(join(home, "inferguard-runs"), "");
      const { code, stdout, stderr } = await runCli(benchArgs(engine.port, twice), { home });
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expectOneSentence(stderr);
    }));

  it("because its file system takes no directory, is exit 3, and not an attempt without an end", async ({ skip }) => {
    skip(!existsSync("/proc/self"), "there is no /proc here");
    const engine = await startEngine();
    const { code, stderr } = await refusal(benchArgs(engine.port, [...twice, "--runs-dir", "/proc/runs/mine"]));
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot write a run into \/proc\/runs\/mine: .*\n.*--runs-dir/);
    expect((await stateOf(engine.port)).requests.received).toBe(0);
  });

  function asOrdinaryUser(args: readonly string[]): Promise<CliResult> {
    const [program, ...before] =
      process.getuid?.() === 0
        ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", process.execPath]
        : [process.execPath];
    return runProgram(program ?? "", [...before, bin, ...args], { home: repositoryRoot });
  }
});

describe("a simulated engine that cannot be what was asked", () => {
  it.each([
    ["of no known profile", ["--profile", "h9000"], 2, "h9000"],
    ["with a fault that nobody knows", ["--fault", "tired"], 2, "tired"],
    ["with a fault's value that is none", ["--fault", "slow-head=soon"], 2, "soon"],
    ["open to the network", ["--host", "0.0.0.0"], 4, "0.0.0.0 is not a loopback address"],
  ])("%s", async (_, flags, exitCode, named) => {
    const { code, stderr } = await refusal(["mimic", "--port", "0", ...flags]);
    expect(code).toBe(exitCode);
    expect(stderr).toContain(named);
  });

  it("on a port that is taken", async () => {
    const { port } = await startServer(() => {});
    const { code, stderr } = await refusal(["mimic", "--port", `${port}`]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/the port is taken\n.*--port/);
  });
});

describe("a run that is not there", () => {
  it.each([
    [["report", "nope"]],
    [["report"]],
    [["report", "--runs-dir", "nowhere"]],
    [["runs", "show", "nope"]],
    [["report", "/etc"]],
  ])("%j is exit 3", async (args) => {
    const { code } = await refusal(args);
    expect(code).toBe(3);
  });

  it("or is from a newer version, is exit 3 and says which", () =>
    withTempHome(async (home) => {
      const directory = join(home, "inferguard-runs", "20260101-000000-bench-aaaaaa");
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "run.json"), '{"schema":"inferguard-run/v2"}');
      const { code, stdout, stderr } = await runCli(["report"], { home });
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expectOneSentence(stderr);
      expect(stderr).toContain("inferguard-run/v2");
    }));
});
