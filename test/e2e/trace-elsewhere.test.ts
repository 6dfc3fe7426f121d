/** What a captured trace becomes elsewhere: a replay by bench, and spans at a collector. */
import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { quick } from "../../src/mimic/mimic.fixture.ts";
import { readBenchRun } from "../../src/runs/run-reader.ts";
import { readTraceRun } from "../../src/runs/trace-reader.ts";
import { closedPort } from "../servers.ts";
import { runsIn, startEngine } from "./bench.ts";
import { runCli, withTempHome } from "./cli.ts";

/** Three turns of a conversation, each with all that was said before it. */
const agent = [
  "--",
  process.execPath,
  "--input-type=module",
  "-e",
  `const messages = [{ role: "system", content: "You are brief. ".repeat(20) }];
  for (const content of ["How are you? ".repeat(12), "And you? ".repeat(15), "Who? ".repeat(9)]) {
    messages.push({ role: "user", content });
    const reply = await fetch(process.env.OPENAI_BASE_URL + "/chat/completions", {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages, max_tokens: 24 }) });
    const { choices } = await reply.json();
    messages.push(choices[0].message);
  }`,
];

const traceOf = (port: number, home: string, args: readonly string[] = []) =>
  runCli(["trace", "--endpoint", `http://127.0.0.1:${port}`, ...args, ...agent], { home });

describe("a captured trace", () => {
  it.each(["mooncake", "weka"])("in %s's format is replayed with its lengths and what its inputs share", (format) =>
    withTempHome(async (home) => {
      const { port } = await startEngine({ profile: quick, model: "m" });
      expect((await traceOf(port, home)).code).toBe(0);
      const { nodes } = await readTraceRun(runsIn(home)[0] ?? "");
      const calls = nodes.filter((node) => node.kind === "model_call");
      expect(calls).toHaveLength(3);
      const { stdout } = await runCli(["report", "--format", format], { home });
      expect(stdout).not.toContain("brief");
      writeFileSync(join(home, "trace"), stdout);
      const load = ["--api", "completions", "--input", "trace", "--concurrency", "1", "--runs-dir", "replay"];
      await runCli(["bench", "--endpoint", `http://127.0.0.1:${port}`, ...load], { home });
      const { requests } = await readBenchRun(
        readdirSync(join(home, "replay")).map((name) => join(home, "replay", name))[0] ?? "",
      );
      const lengths = (of: typeof requests | typeof calls) => of.map((row) => [row.input_tokens, row.output_tokens]);
      expect(lengths(requests)).toEqual(lengths(calls));
      // Each input begins with the one before it: its full blocks are in the cache.
      const blockTokens = format === "weka" ? 64 : 512;
      const shared = [
        0,
        ...calls.slice(0, -1).map((call) => Math.floor((call.input_tokens ?? 0) / blockTokens) * blockTokens),
      ];
      expect(requests.map(({ cached_tokens }) => cached_tokens)).toEqual(shared);
    }),
  );
});

describe("--otlp-endpoint", () => {
  it("sends the run to that collector when it is over, under an authority of its own", () =>
    withTempHome(async (home) => {
      const bodies: string[] = [];
      const collector = createServer((request, response) => {
        let body = `${request.url} `;
        request.setEncoding("utf8").on("data", (text: string) => (body += text));
        request.on("end", () => {
          bodies.push(body);
          response.end("{}");
        });
      });
      await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void collector.close());
      const { port } = await startEngine({ profile: quick, model: "m" });
      const to = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/otel`;
      const { code, stderr } = await traceOf(port, home, ["--otlp-endpoint", to]);
      expect(code, stderr).toBe(0);
      expect(bodies).toHaveLength(1);
      expect(bodies[0]).toMatch(/^\/otel\/v1\/traces \{"resourceSpans":/);
      expect(bodies[0]?.match(/"name":"chat m"/g)).toHaveLength(3);
      expect(bodies[0]).not.toMatch(/brief|How are you/);
      const { egress } = await readTraceRun(runsIn(home)[0] ?? "");
      expect(egress?.authorities.map(({ category, flag }) => [category, flag])).toContainEqual([
        "otlp-endpoint",
        "--otlp-endpoint",
      ]);
      // What is printed of the run on disk is what was sent.
      const { stdout } = await runCli(["report", "--format", "otlp-json"], { home });
      expect(JSON.parse(stdout)).toEqual(JSON.parse((bodies[0] ?? "").slice("/otel/v1/traces ".length)));
    }));

  it("that cannot be reached is a warning, and the run is as good as without it", () =>
    withTempHome(async (home) => {
      const { port } = await startEngine({ profile: quick, model: "m" });
      const to = `http://127.0.0.1:${await closedPort()}`;
      const { code, stderr } = await traceOf(port, home, ["--otlp-endpoint", to]);
      expect(code).toBe(0);
      expect(stderr).toMatch(/warning: the collector at 127\.0\.0\.1:\d+ could not be reached/);
      expect((await readTraceRun(runsIn(home)[0] ?? "")).run).toMatchObject({ status: "completed", missing: [] });
    }));
});
