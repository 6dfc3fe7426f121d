/** A trace of an agent's calls, exported, and replayed against a simulated engine with a prefix cache. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { quick } from "../../src/mimic/mimic.fixture.ts";
import { createRun } from "../../src/runs/run-writer.ts";
import { longTrace, sampleTraceStart } from "../../src/runs/sample-trace.fixture.ts";
import { bench, exitCodeFor, startEngine, stateOf } from "./bench.ts";
import { runCli, withTempHome } from "./cli.ts";

const TURNS = 6;
const calls = longTrace(TURNS).filter((node) => node.kind === "model_call");
const inputs = calls.map(({ input_tokens }) => input_tokens);
const outputs = calls.map(({ output_tokens }) => output_tokens);

/** A file with the trace in this format, as `report` writes it. */
async function withTrace<T>(format: "mooncake" | "weka", use: (path: string) => Promise<T>): Promise<T> {
  return withTempHome(async (home) => {
    const writer = await createRun(join(home, "inferguard-runs"), sampleTraceStart, expect.fail);
    for (const node of longTrace(TURNS)) writer.append("agentTrace", node);
    await writer.finish({ status: "completed", status_reason: null, missing: [] });
    const { code, stdout } = await runCli(["report", "--format", format], { home });
    expect(code).toBe(0);
    const path = join(home, "trace");
    writeFileSync(path, stdout);
    return use(path);
  });
}

describe.each(["mooncake", "weka"] as const)("a replay of a trace in %s's format", (format) => {
  it("sends the trace's lengths in its order, once, and tells what it read", () =>
    withTrace(format, async (path) => {
      const { port } = await startEngine({ profile: quick });
      const result = await bench(port, ["--api", "completions", "--input", path, "--concurrency", "1"]);
      const rows = result.run.requests;
      expect(result.code, result.stderr).toBe(exitCodeFor(result.summary));
      expect(rows.map(({ input_tokens }) => input_tokens)).toEqual(inputs);
      expect(rows.map(({ output_tokens }) => output_tokens)).toEqual(outputs);
      expect(result.run.run.plan.workload).toMatchObject({ kind: "trace", format, rows: TURNS, dropped: 0 });
      expect(result.stderr).toMatch(new RegExp(`${format} trace: ${TURNS} requests, none left out`));
      expect((await stateOf(port)).requests.received).toBe(TURNS);
    }));

  it("lets a prefix cache find what it would have found", () =>
    withTrace(format, async (path) => {
      const { port } = await startEngine({ profile: quick });
      const { run } = await bench(port, ["--api", "completions", "--input", path, "--concurrency", "1"]);
      const blockTokens = format === "mooncake" ? 512 : 64;
      run.requests.forEach(({ cached_tokens }, turn) => {
        const before = turn === 0 ? 0 : Math.floor((inputs[turn - 1] ?? 0) / blockTokens) * blockTokens;
        expect(cached_tokens).toBe(Math.floor(before / quick.kvCache.blockTokens) * quick.kvCache.blockTokens);
      });
    }));
});

describe("a replay at the trace's own times", () => {
  it("sends each request when the trace had it, and none before", () =>
    withTrace("mooncake", async (path) => {
      const { port } = await startEngine({ profile: quick });
      const { run, code, summary } = await bench(port, ["--input", path, "--arrival", "trace", "--rate", "20"]);
      expect(code).toBe(exitCodeFor(summary));
      // Rows are in the order of ends.
      const rows = run.requests.toSorted((a, b) => a.id - b.id);
      const wanted = rows.map(({ intended_ms }) => intended_ms - (rows[0]?.intended_ms ?? 0));
      const times = calls.map(({ start_ms }) => Math.round(start_ms - (calls[0]?.start_ms ?? 0)));
      const spanS = (times.at(-1) ?? 0) / 1000;
      wanted.forEach((ms, place) => expect(ms).toBeCloseTo((times[place] ?? 0) * (TURNS / spanS / 20), 1));
      for (const { sent_ms, intended_ms } of rows) expect(sent_ms).toBeGreaterThan(intended_ms - 1);
      expect(run.run.plan.levels).toEqual([{ mode: "open", rate: 20, arrival: { process: "trace" } }]);
    }));
});

describe("a file that cannot be replayed", () => {
  it.each([
    [
      "a block too few",
      '{"timestamp":0,"input_length":600,"output_length":1,"hash_ids":[0]}\n',
      [],
      "line 1 of the trace",
    ],
    [
      "no times, with --arrival trace",
      '{"input_length":6,"output_length":1}\n',
      ["--arrival", "trace"],
      "--arrival trace needs times",
    ],
    ["prompts, with --arrival trace", '{"prompt":"hello"}\n', ["--arrival", "trace"], "--arrival trace needs times"],
  ])("for %s is refused before anything is sent", (_, text, args, why) =>
    withTempHome(async (home) => {
      const { port } = await startEngine({ profile: quick });
      writeFileSync(join(home, "trace"), text);
      const endpoint = ["--endpoint", `http://127.0.0.1:${port}`];
      const { code, stderr } = await runCli(["bench", ...endpoint, "--input", "trace", ...args], { home });
      expect(code).toBe(3);
      expect(stderr).toContain(why);
      expect((await stateOf(port)).requests.received).toBe(0);
    }),
  );

  it.each([
    [["--arrival", "trace"], "--arrival trace needs --input"],
    [["--arrival", "trace", "--input", "x", "--concurrency", "1"], "exclude each other"],
    [["--format", "weka"], "--format needs --input"],
  ])("%j is refused as a contradiction", async (args, why) => {
    const { code, stderr } = await runCli(["bench", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});
