import { closeSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type DetachedOutcome, startDetached } from "./detached.ts";

const bin = new URL("child.fixture.ts", import.meta.url).pathname;

async function start(args: string[], timeoutMs = 10_000): Promise<{ outcome: DetachedOutcome; complaint: string }> {
  const directory = mkdtempSync(join(tmpdir(), "inferguard-detached-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const stderr = openSync(join(directory, "log"), "a");
  const outcome = await startDetached({ bin, args, environment: { ONLY: "this" }, stderr, timeoutMs });
  closeSync(stderr);
  return { outcome, complaint: readFileSync(join(directory, "log"), "utf8") };
}

describe("a process that outlives its parent", () => {
  it("gets the environment that it is given, a session of its own and no directory that it would keep in use", async () => {
    const { outcome } = await start(["outliving"]);
    if (outcome.is !== "up") throw new Error(outcome.is);
    const report = JSON.parse(outcome.firstLine) as { pid: number; environment: object };
    onTestFinished(() => void process.kill(report.pid, "SIGKILL"));
    expect(report.environment).toEqual({ ONLY: "this" });
    // Field 6 of /proc/<pid>/stat is its session.
    const stat = readFileSync(`/proc/${report.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    expect(stat[3]).toBe(String(report.pid));
    expect(readlinkSync(`/proc/${report.pid}/cwd`)).toBe("/");
  });

  it("that ends before its first line is told with its exit code, and its words are in the file", async () => {
    const { outcome, complaint } = await start(["fail"]);
    expect(outcome).toEqual({ is: "ended", code: 3, signal: null });
    expect(complaint).toContain("no such profile");
  });

  it("that says nothing in time is ended", async () => {
    expect((await start(["silent"], 300)).outcome).toEqual({ is: "silent" });
  });
});
