/** `inferguard trace` as it is installed: the agent's own terminal, exit code and signals, and what is left on disk. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sleep } from "../../src/clock.ts";
import { readManifest } from "../../src/runs/run-manifest.ts";
import { readTraceRun } from "../../src/runs/trace-reader.ts";
import { attestationSchema } from "../../src/posture/attestation-schema.ts";
import { closedPort } from "../servers.ts";
import { runsIn, startEngine } from "./bench.ts";
import { bin, type CliOptions, type CliResult, runCli, withTempHome } from "./cli.ts";

/** Runs JavaScript as the agent: `ask(more, path)` is one model call, and gives the reply's text. */
function agent(script: string): string[] {
  const ask = `const ask = async (more = {}, path = "/chat/completions") => {
    const body = { model: "m", messages: [{ role: "user", content: "hello" }], max_tokens: 5, ...more };
    const reply = await fetch(process.env.OPENAI_BASE_URL + path, { method: "POST", body: JSON.stringify(body),
      headers: { "content-type": "application/json", authorization: "Bearer key", "x-mimic-fault": more.fault ?? "" } });
    return reply.text();
  };`;
  return ["--", process.execPath, "--input-type=module", "-e", `${ask}\n${script}`];
}

interface Traced extends CliResult {
  directory: string;
  home: string;
}

async function trace(
  port: number,
  args: readonly string[],
  options: CliOptions = {},
  look: (traced: Traced) => Promise<void> | void = () => {},
): Promise<Traced> {
  return withTempHome(async (home) => {
    const result = await runCli(["trace", "--endpoint", `http://127.0.0.1:${port}`, ...args], { ...options, home });
    const traced = { ...result, home, directory: runsIn(home)[0] ?? "" };
    await look(traced);
    return traced;
  });
}

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);

describe("the agent of trace", () => {
  it("has its own output and its own exit code, and what it did is in the run", async () => {
    const engine = await startEngine({ model: "m" });
    const script = `process.stdout.write("said\\n"); await ask(); await ask({ stream: true }); process.exitCode = 7;`;
    await trace(engine.port, agent(script), {}, async ({ code, stdout, stderr, directory }) => {
      expect({ code, stdout }).toEqual({ code: 7, stdout: "said\n" });
      expect(stderr).toMatch(/2 model calls \(0 failed\)/);
      expect(lastLine(stderr)).toMatch(/^egress: 1 destination, .*0 denied; child: not observed$/);
      const { run, nodes, summary, egress, missing } = await readTraceRun(directory);
      expect(run).toMatchObject({ status: "completed", plan: { command: "trace", starts_agent: true } });
      expect(nodes.filter(({ kind }) => kind === "model_call")).toMatchObject([{ status: "ok" }, { stream: true }]);
      expect(summary?.nodes.model_call).toBe(2);
      expect(egress).toMatchObject({ child: "not observed", denied: 0, authorities: [{ flag: "--endpoint" }] });
      expect(missing).toEqual([]);
      for (const file of ["agent-trace.jsonl", "run.json", "egress.json"])
        expect(readFileSync(join(directory, file), "utf8")).not.toMatch(/hello|Bearer/);
    });
  });

  it("finds the proxy where clients look for it, and is asked not to track unless the person said otherwise", async () => {
    const engine = await startEngine();
    const names = [
      "OPENAI_BASE_URL",
      "OPENAI_API_BASE",
      "ANTHROPIC_BASE_URL",
      "DO_NOT_TRACK",
      "NEXT_TELEMETRY_DISABLED",
      "NO_PROXY",
      "MINE",
    ];
    const script = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name])))`;
    const env = { DO_NOT_TRACK: "0", https_proxy: "http://proxy.invalid:3128", NO_PROXY: "a.example", MINE: "kept" };
    const { stdout } = await trace(engine.port, agent(script), { env });
    const [openai, old, anthropic, ...others] = JSON.parse(stdout) as string[];
    expect(openai).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(old).toBe(openai);
    expect(`${anthropic}/v1`).toBe(openai);
    expect(others).toEqual(["0", "1", "a.example,127.0.0.1", "kept"]);
  });

  it("speaks on standard error with --json, and standard output is the document that report prints", async () => {
    const engine = await startEngine({ model: "m" });
    await trace(engine.port, ["--json", ...agent(`console.log("said"); await ask();`)], {}, async (traced) => {
      expect(traced.stderr).toContain("said\n");
      const report = await runCli(["report", traced.directory, "--format", "json"]);
      expect(traced.stdout).toBe(report.stdout);
      expect(JSON.parse(traced.stdout)).toMatchObject({ calls: { ok: 1 } });
    });
  });

  it("reads standard input", async () => {
    const engine = await startEngine();
    const script = `for await (const part of process.stdin) process.stdout.write("heard " + part);`;
    expect(await trace(engine.port, agent(script), { stdin: "a question" })).toMatchObject({
      stdout: "heard a question",
    });
  });

  it("that a signal ends in mid-call gives 128 and its number, and the trace says who hung up", async () => {
    const engine = await startEngine({ model: "m" });
    const script = `ask({ stream: true, max_tokens: 500, ignore_eos: true }); setTimeout(() => process.kill(process.pid, "SIGKILL"), 300);`;
    await trace(engine.port, agent(script), {}, async ({ code, directory }) => {
      expect(code).toBe(137);
      const { run, nodes } = await readTraceRun(directory);
      expect(run).toMatchObject({ status: "interrupted", status_reason: "the agent was ended by SIGKILL" });
      expect(nodes.find(({ kind }) => kind === "model_call")).toMatchObject({ status: "cancelled" });
    });
  });

  it.each([
    ["and is ended by it", "", 143],
    ["and decides what it means", `process.on("SIGTERM", () => process.exit(5));`, 5],
  ])("gets a SIGTERM that InferGuard gets, %s", async (_, handler, code) => {
    const engine = await startEngine();
    const script = `${handler} console.log("ready"); setInterval(() => {}, 1000);`;
    const kill = { signal: "SIGTERM", output: /ready/ } as const;
    expect(await trace(engine.port, agent(script), { kill })).toMatchObject({ code, signal: null });
  });

  it("gets a SIGINT once where no terminal has sent it, and InferGuard waits for it", async () => {
    const engine = await startEngine();
    const script = `process.on("SIGINT", () => { console.log("asked"); setTimeout(() => process.exit(3), 100); });
      console.log("ready"); setInterval(() => {}, 1000);`;
    const kill = { signal: "SIGINT", output: /ready/ } as const;
    expect(await trace(engine.port, agent(script), { kill })).toMatchObject({ code: 3, stdout: "ready\nasked\n" });
  });
});

describe("trace does not start", () => {
  it.each([
    ["without an endpoint", ["trace", "--", "true"], 2, /trace needs --endpoint/],
    ["without an agent", ["trace", "--endpoint", "http://127.0.0.1:1"], 2, /no agent to run/],
    [
      "a program that is not there",
      ["trace", "--endpoint", "http://127.0.0.1:1", "--", "no-such-program"],
      3,
      /no folder of PATH has it/,
    ],
    [
      "at what is no port",
      ["trace", "--endpoint", "http://127.0.0.1:1", "--listen", "here"],
      2,
      /--listen "here" is not a port/,
    ],
  ])("%s", async (_, args, code, message) => {
    await withTempHome(async (home) => {
      const result = await runCli(args, { home });
      expect(result.code).toBe(code);
      expect(result.stderr).toMatch(message);
      expect(runsIn(home)).toEqual([]);
    });
  });

  it("where the endpoint takes no connection, and leaves no run", async () => {
    const { code, stdout, stderr, directory } = await trace(await closedPort(), agent(`console.log("ran")`));
    expect({ code, stdout, directory }).toEqual({ code: 3, stdout: "", directory: "" });
    expect(stderr).toMatch(/cannot connect to --endpoint 127\.0\.0\.1:\d+: the connection was refused/);
  });

  it("with a proxy that the network could reach", async () => {
    const engine = await startEngine();
    const { code, stderr, directory } = await trace(engine.port, ["--listen", "0.0.0.0:0", ...agent("")]);
    expect({ code, directory }).toEqual({ code: 4, directory: "" });
    expect(stderr).toMatch(/0\.0\.0\.0 is not a loopback address/);
  });
});

interface Listening {
  url: string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
  stderr(): string;
}

/** `trace --listen` without an agent. */
async function listening(port: number, home: string): Promise<Listening> {
  const args = [bin, "trace", "--endpoint", `http://127.0.0.1:${port}`, "--listen", "0"];
  const child = spawn(process.execPath, args, { cwd: home, env: { PATH: process.env["PATH"], HOME: home } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]: unknown[]) => code as number | null);
  while (!stderr.includes("Ctrl-C")) await sleep(10);
  return {
    url: /OPENAI_BASE_URL=(\S+)/.exec(stderr)?.[1] ?? "",
    stop(signal) {
      child.kill(signal);
      return ended;
    },
    stderr: () => stderr,
  };
}

async function call(url: string): Promise<number> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "hello" }], max_tokens: 3 });
    const headers = { "content-type": "application/json", "content-length": body.length };
    request(`${url}/chat/completions`, { method: "POST", headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", reject)
      .end(body);
  });
}

describe("trace --listen", () => {
  it("serves agents that are started elsewhere until it is told to stop, which is its good end", async () => {
    const engine = await startEngine({ model: "m" });
    await withTempHome(async (home) => {
      const running = await listening(engine.port, home);
      expect(await call(running.url)).toBe(200);
      expect(await running.stop("SIGINT")).toBe(130);
      const { run, nodes, egress } = await readTraceRun(runsIn(home)[0] ?? "");
      expect(run).toMatchObject({ status: "completed", plan: { starts_agent: false } });
      expect(nodes.filter(({ kind }) => kind === "model_call")).toHaveLength(1);
      expect(egress).not.toHaveProperty("child");
      expect(lastLine(running.stderr())).toMatch(/^egress: .*0 denied$/);
    });
  });

  it("that is killed keeps every row of what was over", async () => {
    const engine = await startEngine({ model: "m" });
    await withTempHome(async (home) => {
      const running = await listening(engine.port, home);
      expect(await call(running.url)).toBe(200);
      const [directory = ""] = runsIn(home);
      while (!readFileSync(join(directory, "agent-trace.jsonl"), "utf8").includes("model_call")) await sleep(10);
      await running.stop("SIGKILL");
      expect(await readManifest(directory)).toMatchObject({ status: "interrupted" });
      const { nodes, summary } = await readTraceRun(directory);
      expect(nodes.filter(({ kind }) => kind === "model_call")).toMatchObject([{ status: "ok" }]);
      expect(summary).toBeNull();
      expect(existsSync(join(directory, "egress.json"))).toBe(false);
    });
  });
});

describe("telemetry prove -- trace", () => {
  const goesElsewhere = `await fetch("http://127.0.0.1:59999/").catch(() => {}); await ask();`;

  async function prove(tier: string, port: number, script: string) {
    return withTempHome(async (home) => {
      const traceArgs = ["trace", "--endpoint", `http://127.0.0.1:${port}`, ...agent(script)];
      const result = await runCli(["telemetry", "prove", "--json", "--tier", tier, "--", ...traceArgs], { home });
      if (result.code === 3 && result.stdout === "") return { ...result, verdict: null, trace: null };
      const { predicate } = attestationSchema.parse(JSON.parse(result.stdout));
      return { ...result, verdict: predicate["x-verdict"], trace: runsIn(home)[0] ?? null };
    });
  }

  it("watches the agent too: what it reaches beside the endpoint makes it fail", async ({ skip }) => {
    const engine = await startEngine({ model: "m" });
    const { code, verdict, stderr } = await prove("traced", engine.port, goesElsewhere);
    skip(verdict === null, stderr);
    expect({ code, verdict }).toEqual({ code: 1, verdict: "FAIL" });
    const good = await prove("traced", engine.port, "await ask();");
    expect({ code: good.code, verdict: good.verdict }).toEqual({ code: 0, verdict: "PASS" });
  });

  it("confines the agent in an airlock, and the trace is whole", async ({ skip }) => {
    const engine = await startEngine({ model: "m" });
    const { code, verdict, stderr } = await prove("airlock", engine.port, "await ask();");
    skip(verdict === null, stderr);
    expect({ code, verdict }).toEqual({ code: 0, verdict: "PASS" });
    expect(stderr).toMatch(/1 model call \(0 failed\)/);
  });

  it("does not vouch for an agent that nobody watched", async () => {
    const engine = await startEngine({ model: "m" });
    const { code, verdict } = await prove("witness", engine.port, "await ask();");
    expect({ code, verdict }).toEqual({ code: 3, verdict: "INCOMPLETE" });
  });
});
