/** A run that does not come to its end: what is on disk stays, can be rendered, and says that it is not whole. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sleep } from "../../src/clock.ts";
import { readBenchRun } from "../../src/runs/run-reader.ts";
import type { Summary } from "../../src/runs/schemas/summary.ts";
import { counted, startServer } from "../servers.ts";
import { benchArgs, exitCodeFor, runsIn, sentAndReceived, startEngine } from "./bench.ts";
import { bin, runCli, runProgram, withTempHome } from "./cli.ts";

interface Running {
  child: ChildProcess;
  /** Resolves to what it printed and how it ended. */
  ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

function start(args: readonly string[], home: string): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: home,
    env: { PATH: process.env["PATH"], HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text));
  const ended = once(child, "close").then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as string | null,
    ...printed,
  }));
  return { child, ended };
}

/** Waits until the run has rows on disk, and gives its directory. */
async function untilRows(home: string, least: number): Promise<string> {
  for (;;) {
    const [directory] = runsIn(home);
    const path = directory === undefined ? "" : join(directory, "requests.jsonl");
    if (directory !== undefined && existsSync(path) && readFileSync(path, "utf8").split("\n").length > least)
      return directory;
    await sleep(20);
  }
}

const endless = ["--concurrency", "2", "--duration", "10m"];

describe("a run that is asked to end", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
  ] as const)("by %s ends in good order with exit code %i: every request is a row", async (signal, exitCode) => {
    const engine = await startEngine();
    await withTempHome(async (home) => {
      const { child, ended } = start(benchArgs(engine.port, endless), home);
      const directory = await untilRows(home, 4);
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect(code).toBe(exitCode);
      expect(stderr).not.toMatch(/\bat .*:\d+:\d+|this is a bug/);
      expect(JSON.parse(stdout)).toMatchObject({ schema: "inferguard-summary/v1", status: "interrupted" });

      const { run, requests, egress } = await readBenchRun(directory);
      expect(run).toMatchObject({ status: "interrupted", missing: [] });
      const { sent, requests: counts } = await sentAndReceived(engine.port, requests);
      expect(sent).toHaveLength(counts.received);
      expect(requests.filter(({ status }) => status === "ok").length).toBeGreaterThanOrEqual(4);
      // What was in flight was cancelled, and nothing else was.
      const cancelled = requests.filter(({ status }) => status === "cancelled");
      expect(cancelled.length).toBeLessThanOrEqual(2);
      for (const { error, end_ms } of cancelled) {
        expect(error?.kind).toBe("cancelled");
        expect(end_ms).not.toBeNull();
      }
      expect(egress?.denied).toBe(0);
      await expectRendered(home, directory);
    });
  });

  it("prints where the run is, and its numbers so far", async () => {
    const engine = await startEngine();
    await withTempHome(async (home) => {
      const { child, ended } = start(benchArgs(engine.port, ["--quiet", ...endless]), home);
      const directory = await untilRows(home, 2);
      child.kill("SIGINT");
      const { code, stdout } = await ended;
      expect(code).toBe(130);
      expect(unwrapped(stdout)).toContain(unwrapped(directory));
      expect(stdout).toMatch(/interrupted/i);
    });
  });

  it("before its first request leaves no run", async () => {
    let wasAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      wasAsked = resolve;
    });
    const { port } = await startServer(async (connection) => {
      if ((await connection.request()) !== null) wasAsked();
    });
    await withTempHome(async (home) => {
      const { child, ended } = start(["bench", "--endpoint", `http://127.0.0.1:${port}`], home);
      // It now waits for the list of models.
      await asked;
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).not.toMatch(/\bat .*:\d+:\d+|this is a bug/);
      expect(runsIn(home)).toEqual([]);
    });
  });

  it("a second time ends at once, and keeps what is on disk", async () => {
    const engine = await startEngine();
    // Its first page comes; the last one, which an interrupted run waits for, does not.
    const metrics = await startServer(async (connection) => {
      if (connection.number < 2 && (await connection.request()) !== null)
        await connection.write(counted("", "Content-Type: text/plain\r\nConnection: close\r\n"));
    });
    await withTempHome(async (home) => {
      const url = `http://127.0.0.1:${metrics.port}/metrics`;
      const { child, ended } = start(benchArgs(engine.port, ["--metrics-url", url, ...endless]), home);
      const directory = await untilRows(home, 4);
      child.kill("SIGINT");
      await sleep(300);
      expect(child.exitCode).toBeNull();
      child.kill("SIGINT");
      expect(await ended).toMatchObject({ code: null, signal: "SIGINT" });
      await expectRendered(home, directory);
    });
  });
});

describe("a run that is killed with kill -9", () => {
  it("keeps every finished row, and is shown as interrupted", async () => {
    const engine = await startEngine();
    await withTempHome(async (home) => {
      const { child, ended } = start(benchArgs(engine.port, endless), home);
      const directory = await untilRows(home, 6);
      child.kill("SIGKILL");
      expect((await ended).signal).toBe("SIGKILL");
      const { run, requests } = await readBenchRun(directory);
      expect(run.status).toBe("interrupted");
      expect(requests.length).toBeGreaterThanOrEqual(6);
      const report = await expectRendered(home, directory);
      // No record of what was sent could be written.
      expect(report).toContain("egress.json");
      const { stdout } = await runCli(["runs", "list"], { home });
      expect(stdout).toMatch(/interrupted/i);
    });
  });

  it("takes its simulated engine along", () =>
    withTempHome(async (home) => {
      const { child, ended } = start(["bench", ...endless], home);
      const directory = await untilRows(home, 1);
      const { run } = await readBenchRun(directory);
      const port = Number(new URL(run.plan.target.origin).port);
      expect(await answers(port)).toBe(true);
      child.kill("SIGKILL");
      await ended;
      while (await answers(port)) await sleep(20);
    }));
});

describe("a reader that goes away", () => {
  it("ends a report quietly and changes no exit code", async () => {
    const engine = await startEngine();
    await withTempHome(async (home) => {
      // Enough rows for more than a pipe holds.
      await runCli(benchArgs(engine.port, ["--rate", "2000", "--max-in-flight", "1", "--duration", "500ms"]), { home });
      expect(await firstLineOf(["report", "--format", "csv"], home)).toEqual({ code: 0, stderr: "" });
    });
  });

  it("ends a bench's report quietly and changes no exit code", async () => {
    const engine = await startEngine();
    await withTempHome(async (home) => {
      const args = benchArgs(engine.port, ["--concurrency", "1", "--requests", "2"]);
      const { code, stderr } = await firstLineOf(args, home);
      const summary = readFileSync(join(runsIn(home)[0] ?? "", "summary.json"), "utf8");
      expect(code).toBe(exitCodeFor(JSON.parse(summary) as Summary));
      expect(stderr).not.toMatch(/EPIPE|\bat .*:\d+:\d+|this is a bug/);
    });
  });

  async function firstLineOf(args: readonly string[], home: string): Promise<{ code: number; stderr: string }> {
    const script = '"$@" | head -1 >first; echo "${PIPESTATUS[0]}"';
    const command = ["-c", script, "bash", process.execPath, bin, ...args];
    const { stdout, stderr } = await runProgram("bash", command, { home });
    expect(readFileSync(join(home, "first"), "utf8")).toMatch(/^[^\n]+\n$/);
    return { code: Number(stdout), stderr };
  }

  it("is told from a disk that is full: exit 3", async ({ skip }) => {
    skip(!existsSync("/dev/full"), "there is no /dev/full here");
    await withTempHome(async (home) => {
      const script = '"$@" >/dev/full';
      const { code, stderr } = await runProgram(
        "bash",
        ["-c", script, "bash", process.execPath, bin, "telemetry", "status"],
        { home },
      );
      expect(code).toBe(3);
      expect(stderr).toContain("cannot write to standard output: ENOSPC");
    });
  });
});

describe("a disk that fills up in mid-run", () => {
  it("stops no request: the run goes on, warns, and says what is missing", async ({ skip }) => {
    const engine = await startEngine();
    await withTempHome(async (home) => {
      // A file system of its own, which goes with the process that mounted it.
      const small = join(home, "inferguard-runs");
      mkdirSync(small);
      const mount = `mount -t tmpfs -o size=700k none ${small}`;
      skip(
        spawnSync("unshare", ["-Urm", "sh", "-c", mount]).status !== 0,
        "this system does not let the test mount a small file system",
      );
      const kept = join(home, "kept");
      const script = `${mount}; "$@"; code=$?; cp -r ${small} ${kept}; exit $code`;
      // 4,000 rows are more than a megabyte.
      const load = ["--rate", "8000", "--arrival", "constant", "--max-in-flight", "1", "--requests", "4000"];
      const command = [process.execPath, bin, ...benchArgs(engine.port, load)];
      const { code, stderr, stdout } = await runProgram("unshare", ["-Urm", "sh", "-c", script, "sh", ...command], {
        home,
      });
      // A run that a busy machine draws out has enough rows of other kinds to fill the disk too: a warning for each file.
      expect(stderr.match(/warning: .*requests\.jsonl.*the disk is full \(ENOSPC\)/g)).toHaveLength(1);
      expect(code).toBeLessThanOrEqual(1);
      expect(JSON.parse(stdout)).toMatchObject({ status: "completed" });

      cpSync(kept, small, { recursive: true });
      const [directory = ""] = runsIn(home);
      const { requests, missing, egress } = await readBenchRun(directory);
      expect(requests.length).toBeGreaterThan(100);
      expect(requests.length).toBeLessThan(4000);
      expect(egress).not.toBeNull();
      const why = `${4000 - requests.length} rows were not written`;
      expect(missing).toContainEqual({ what: "requests.jsonl", why: expect.stringContaining(why) as string });
      const report = await runCli(["report"], { home });
      expect(report.code).toBe(0);
      expect(unwrapped(report.stdout)).toContain(unwrapped(why));
    });
  });
});

/** Lines are broken at the terminal's width, wherever that is. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, "");
}

/** `report` renders the run, says that it is not whole, and exits with 0. */
async function expectRendered(home: string, directory: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(["report", directory], { home });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/interrupted/i);
  expect(stdout).toContain("concurrency 2");
  return stdout;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
