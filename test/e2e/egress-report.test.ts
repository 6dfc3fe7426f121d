/** `--egress-report`, which every command has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type EgressRecord, egressSchema } from "../../src/runs/schemas/egress.ts";
import { benchArgs, startEngine } from "./bench.ts";
import { runCli, withTempHome } from "./cli.ts";

describe("--egress-report", () => {
  it.each([
    ["telemetry", "status"],
    ["runs", "list"],
    ["report", "no-such-run"],
  ])("says zero for %s %s", async (...args) => {
    const { stderr } = await runCli([...args, "--quiet", "--egress-report", "text"]);
    expect(stderr).toMatch(/^egress: 0 destinations, 0 denied$/m);
  });

  it("says what bench reached, by flag", async () => {
    const { port } = await startEngine();
    const { stderr } = await runCli([...benchArgs(port, ["--requests", "2"]), "--egress-report", "json"]);
    expect(recordIn(stderr.trim().split("\n").at(-1))).toMatchObject({
      authorities: [{ flag: "--endpoint", host: "127.0.0.1", port, lookups: 0 }],
      denied: 0,
    });
  });

  it("says it also of a command that failed, into a file where one is named", async () => {
    await withTempHome(async (home) => {
      const path = join(home, "egress.json");
      const { code } = await runCli(["bench", "--endpoint", "http://127.0.0.1:1", "--egress-report", path], { home });
      expect(code).toBe(3);
      const { authorities } = recordIn(readFileSync(path, "utf8"));
      expect(authorities).toMatchObject([{ host: "127.0.0.1", port: 1, connections: 1, bytes_out: 0 }]);
    });
  });

  it("refuses a form that it does not know", async () => {
    const { code, stderr } = await runCli(["runs", "list", "--egress-report", "yaml"]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("is not json, text") as string });
  });
});

describe("a command that uses the network ends with one line of what it reached", () => {
  it.each([
    [
      "bench with --json",
      ["bench", "--json", "--requests", "2", "--concurrency", "1"],
      /^egress: 1 destination, \d+ connections?; /,
    ],
    [
      "bench that cannot connect",
      ["bench", "--endpoint", "http://127.0.0.1:1"],
      /^egress: 1 destination, 1 connection; 0 B out, 0 B in; 0 look-ups; 0 denied$/,
    ],
    [
      "telemetry prove",
      ["telemetry", "prove", "--tier", "witness", "--", "runs", "list"],
      /^egress: 0 destinations, 0 connections; 0 B out, 0 B in; 0 look-ups; 0 denied$/,
    ],
  ])("%s", async (_, args, line) => {
    const { stderr } = await runCli(args);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(line);
    expect(stderr.match(/^egress: /gm)).toHaveLength(1);
  });

  it("but not one that does not, nor with --quiet", async () => {
    expect((await runCli(["runs", "list"])).stderr).not.toContain("egress");
    expect((await runCli(["bench", "--quiet", "--requests", "1", "--concurrency", "1"])).stderr).not.toContain(
      "egress",
    );
  });
});

function recordIn(text = ""): EgressRecord {
  return egressSchema.parse(JSON.parse(text));
}
