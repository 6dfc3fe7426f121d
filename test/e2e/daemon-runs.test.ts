/** A daemon beside a load test: what it counts of a run that grows in its runs directory. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { daemonStatusSchema } from "../../src/runs/schemas/daemon-status.ts";
import { openClient } from "../client.ts";
import { answering, startServer } from "../servers.ts";
import { benchArgs, startEngine } from "./bench.ts";
import { runCli } from "./cli.ts";
import { type DaemonUp, withDaemonHome } from "./daemon.ts";

/** A server that is no mimic: three tokens and what it counted of them. */
const reply = [
  { choices: [{ index: 0, delta: { role: "assistant", content: "" } }] },
  ...["a", "b", "c"].map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } },
]
  .map((event) => `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: "m", ...event })}\n\n`)
  .join("");
const stream = `${reply}data: [DONE]\n\n`;
const answer = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${Buffer.byteLength(stream)}\r\n\r\n${stream}`;

/** What its /metrics says, over one connection: it takes eight at most. */
function counter({ metrics_url: url, token_file: file }: DaemonUp): (name: string) => Promise<number | null> {
  const { port, pathname } = new URL(url);
  const client = openClient(Number(port));
  const headers: [string, string][] = [["Authorization", `Bearer ${readFileSync(file, "utf8").trim()}`]];
  return async (name) => {
    const { body } = await client.get({}, {}, { path: pathname, headers });
    const value = new RegExp(`^inferguard_${name} (\\S+)$`, "m").exec(body)?.[1];
    return value === undefined ? null : Number(value);
  };
}

it("counts the rows of a load test of a real endpoint while it grows, and each of them once", async () => {
  const { port } = await startServer(answering(answer));
  const engine = await startEngine();
  await withDaemonHome(async ({ home, start, status, daemon }) => {
    const up = await start("--metrics-url", `http://127.0.0.1:${engine.port}/metrics`, "--interval", "100ms");
    const counted = counter(up);
    const { stdout } = await runCli(benchArgs(port, ["--requests", "8", "--concurrency", "2"]), { home });
    expect(JSON.parse(stdout)).toMatchObject({ claim: "measured" });

    await expect.poll(() => counted("bench_requests_total"), { timeout: 10_000 }).toBe(8);
    expect(await counted("bench_output_tokens_total")).toBe(24);
    expect(await counted("bench_failures_total")).toBe(0);
    expect(await counted("bench_ttft_seconds_count")).toBe(8);
    const { watch } = daemonStatusSchema.parse((await status()).document["daemon"]);
    expect(watch.runs).toMatchObject({ followed: 1, rows: 8, skipped: [] });

    expect((await daemon(["stop"])).code).toBe(0);
    const [of, ...others] = readdirSync(join(up.run, "history")).filter((name) => name.startsWith("raw-"));
    expect(others).toEqual([]);
    const rows = readFileSync(join(up.run, "history", of ?? ""), "utf8")
      .trimEnd()
      .split("\n");
    const added = rows
      .map((row) => JSON.parse(row) as { kind: string; counters: Record<string, number> })
      .filter(({ kind }) => kind === "runs")
      .map(({ counters }) => counters["bench_requests"] ?? 0);
    expect(added.reduce((sum, each) => sum + each, 0)).toBe(8);
  });
});
