/** The guard in the built program: there before everything else, and what is done where it cannot be. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, runProgram, withTempHome } from "./e2e/cli.ts";
import { runsIn } from "./e2e/bench.ts";
import { nodeOf, versions } from "./egress/nodes.ts";

const newest = versions.at(-1) ?? "";

describe("where the guard cannot be installed", () => {
  it("commands that need the network refuse with exit code 4, and the others work", () =>
    withTempHome(async (home) => {
      const sabotage = join(home, "sabotage.cjs");
      writeFileSync(sabotage, `process.binding = () => { throw new Error("this Node has other bindings"); };`);
      const run = (...args: string[]) => runProgram(process.execPath, ["--require", sabotage, bin, ...args], { home });
      for (const args of [["bench"], ["bench", "--endpoint", "http://127.0.0.1:9", "--model", "m"], ["mimic"]])
        expect(await run(...args)).toMatchObject({
          code: 4,
          stderr: expect.stringContaining("guard unavailable: refusing to run network commands") as string,
        });
      expect(runsIn(home)).toEqual([]);
      expect(await run("--version")).toMatchObject({ code: 0 });
      expect(await run("runs", "list")).toMatchObject({ code: 0 });
      const status = await run("telemetry", "status");
      expect(status).toMatchObject({ code: 0 });
      expect(status.stdout).toContain("guard: not live; could not be installed: this Node has other bindings");
    }));
});

describe("telemetry status", () => {
  it("says that the guard is live in the program as it is built", async () => {
    // Where Node's permission model covers the network, it is that instead.
    const { stdout } = await withTempHome((home) =>
      runProgram(process.execPath, [bin, "telemetry", "status", "--json"], { home }),
    );
    const live = liveLayersIn(stdout);
    expect(live).toContain("gate");
    expect(live).toContain(process.allowedNodeEnvironmentFlags.has("--allow-net") ? "permissions" : "guard");
  });
});

describe(`on Node ${newest}, whose permission model covers the network,`, () => {
  const node = nodeOf(newest);
  const run = (...args: string[]) =>
    withTempHome((home) => runProgram(node ?? "", [bin, ...args], { home, env: { NODE_OPTIONS: "--no-warnings" } }));

  it.for([
    ["telemetry", "status", "--json"],
    ["runs", "list", "--json"],
    ["bench", "--help"],
  ])("%s %s runs under it", async (args, { skip }) => {
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    const { code, stderr, stdout } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.length).toBeGreaterThan(1);
  });

  it("telemetry status says so", async ({ skip }) => {
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    expect(liveLayersIn((await run("telemetry", "status", "--json")).stdout)).toEqual(["gate", "permissions"]);
  });

  it("bench runs under the guard", async ({ skip }) => {
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    const { code, stderr } = await run("bench", "--requests", "3", "--concurrency", "1", "--quiet");
    expect([0, 1]).toContain(code);
    expect(stderr).not.toContain("guard");
  });
});

function liveLayersIn(status: string): string[] {
  const { layers } = JSON.parse(status) as { layers: { name: string; live: boolean }[] };
  return layers.filter(({ live }) => live).map(({ name }) => name);
}
