import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { isAlive, ownIdentity } from "./process-identity.ts";

describe("a process's identity", () => {
  it("knows this process as alive", () => {
    expect(ownIdentity().pid).toBe(process.pid);
    expect(isAlive(ownIdentity())).toBe(true);
  });

  it.runIf(process.platform === "linux")("has a start time on Linux, the same at every look", () => {
    expect(ownIdentity().start_time).toMatch(/^\d+$/);
    expect(ownIdentity()).toEqual(ownIdentity());
  });

  it.each([0, -1])("is never alive as pid %i, which means a group of processes", (pid) => {
    expect(isAlive({ pid, start_time: null })).toBe(false);
  });

  it.runIf(process.platform === "linux")(
    "ends with the process, also while nobody has asked for its status",
    async () => {
      // The shell's child outlives the shell: the sleep that replaces it never asks for its status.
      const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 60"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [said] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(said.toString());
      await expect.poll(() => isAlive({ pid, start_time: null }), { timeout: 20_000 }).toBe(false);
      expect(process.kill(pid, 0)).toBe(true);
      parent.kill("SIGKILL");
    },
  );
});
