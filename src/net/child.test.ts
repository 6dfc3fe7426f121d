import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { exitCode } from "../errors.ts";
import { startOwnProcess } from "./child.ts";
import { optOuts } from "./opt-outs.ts";

const bin = new URL("child.fixture.ts", import.meta.url).pathname;

async function start(...args: string[]) {
  const child = await startOwnProcess(bin, args, 10_000);
  onTestFinished(() => child.stop());
  return child;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Report {
  pid: number;
  arguments: string[];
  environment: Record<string, string>;
}

describe("a child", () => {
  it("gets its arguments and an environment that holds nothing of ours but the opt-outs", async () => {
    vi.stubEnv("SECRET_OF_OURS", "1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const report = JSON.parse((await start("report", "--port", "0")).firstLine) as Report;
    expect(report.arguments).toEqual(["--port", "0"]);
    expect(report.environment).toEqual(optOuts);
    expect(report.environment).toMatchObject({ DO_NOT_TRACK: "1", VLLM_NO_USAGE_STATS: "1" });
  });

  it("is gone when stopping it is done, even if it does not want to", async () => {
    const report = await start("report");
    const { pid } = JSON.parse(report.firstLine) as Report;
    expect(isRunning(pid)).toBe(true);
    await report.stop();
    expect(isRunning(pid)).toBe(false);
    await report.stop();

    const stubborn = await start("stubborn");
    expect(stubborn.firstLine).toBe("ready");
    await expect(stubborn.stop()).resolves.toBeUndefined();
  });

  it("may go on writing", async () => {
    const child = await start("talkative");
    expect(child.firstLine).toBe("ready");
  });

  it("that ends before its first line is an error with its own words", async () => {
    await expect(startOwnProcess(bin, ["fail", "--profile", "x"], 10_000)).rejects.toMatchObject({
      name: "UserError",
      message: "fail did not start: no such profile",
      hint: "run it by itself to see why: inferguard fail --profile x",
      exitCode: exitCode.cannotRun,
    });
  });

  it("that says nothing in time is ended, and an error", async () => {
    await expect(startOwnProcess(bin, ["silent"], 300)).rejects.toMatchObject({
      name: "UserError",
      message: "silent did not start: no sign of life within 300 ms",
    });
  });

  it("sees the end of its input when this process is killed", async () => {
    const parent = spawn(process.execPath, [bin, "parent"], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout.setEncoding("utf8"), "data")) as [string];
    const { pid } = JSON.parse(line) as Report;
    expect(isRunning(pid)).toBe(true);
    parent.kill("SIGKILL");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 5000 });
  });
});
