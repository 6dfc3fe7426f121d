/**
 * Drives the built `inferguard trace` with clients that this project did not write, unchanged, against the simulated
 * engine: openai, the Anthropic SDK, the AI SDK, a LangGraph agent whose tool is an agent, and curl. Checks the graph of
 * each, that nothing of what was said is on disk, and that a trace can be exported and replayed.
 *
 *   npm run build && npm run test:real-agents
 *
 * Not part of CI: it installs about 40 packages from the registry, once (see README.md here).
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outlineOf } from "../../src/analysis/trace/outline.ts";
import { readTraceRun, type TraceData } from "../../src/runs/trace-reader.ts";
import type { RequestRow } from "../../src/runs/schemas/request.ts";
import { agentsFolder } from "./clients.ts";

const bin = join(import.meta.dirname, "../../dist/main.js");
const agents = agentsFolder();
const folder = mkdtempSync(join(tmpdir(), "inferguard-real-agents-"));
let passed = 0;
let failed = 0;

/** What each agent does, as an outline: its calls by API, its tools, two spaces for each step in. */
const expected: Record<string, { outline: string[]; passed: { models: number; other: number } }> = {
  "openai-chat.mjs": {
    outline: [
      "chat",
      "  lookup()",
      "chat",
      "  chat, branch",
      "    lookup()",
      "  chat, retry",
      "    lookup()",
      "chat",
      "  lookup()",
      "chat",
    ],
    passed: { models: 0, other: 0 },
  },
  "openai-others.mjs": {
    outline: ["responses", "responses", "completions", "embeddings", "chat"],
    passed: { models: 1, other: 0 },
  },
  "anthropic.mjs": { outline: ["messages", "  lookup()", "messages", "messages"], passed: { models: 0, other: 0 } },
  "ai-sdk.mjs": {
    outline: ["chat", "  lookup()", "chat", "chat", "  lookup()", "chat"],
    passed: { models: 0, other: 0 },
  },
  "langgraph.mjs": {
    outline: ["chat", "  research()", "    chat, sub_agent", "      lookup()", "    chat", "chat"],
    passed: { models: 0, other: 0 },
  },
  "curl.sh": { outline: ["chat", "chat, retry"], passed: { models: 1, other: 1 } },
};

const mimic = spawn(process.execPath, [bin, "mimic", "--port", "0", "--json", "--until-stdin-ends"]);
try {
  const { url, model } = await startedMimic(mimic);
  for (const [agent, { outline, passed: others }] of Object.entries(expected)) {
    const { data, directory, code } = await traced(agent, url, model);
    check(`${agent}: the agent ended well`, code === 0);
    check(`${agent}: its graph`, outline.join("\n") === shapeOf(data), `\n${shapeOf(data)}`);
    check(
      `${agent}: every call succeeded`,
      data.nodes.every((node) => node.kind !== "model_call" || node.status === "ok"),
    );
    check(`${agent}: what was no call is counted`, JSON.stringify(data.summary?.passed) === JSON.stringify(others));
    check(
      `${agent}: one destination, nothing denied`,
      data.egress?.authorities.length === 1 && data.egress.denied === 0,
    );
    check(`${agent}: nothing of what was said is on disk`, !textOf(directory).includes("CANARY"));
    for (const format of ["md", "html", "json", "csv", "dot", "otlp-json", "mooncake", "weka"])
      check(`${agent}: --format ${format}`, report(directory, format).length > 0);
    if (agent === "openai-chat.mjs") checkReplay(data, directory, url);
  }
} finally {
  mimic.stdin.end();
  rmSync(folder, { recursive: true });
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function startedMimic({ stdout }: ChildProcess): Promise<{ url: string; model: string }> {
  for await (const text of stdout as AsyncIterable<Buffer>)
    return JSON.parse(String(text)) as { url: string; model: string };
  throw new Error("the mimic did not start");
}

async function traced(agent: string, url: string, model: string) {
  const runsDir = join(folder, agent);
  const command = agent.endsWith(".sh") ? ["sh", agent] : [process.execPath, agent];
  const { status, stderr } = spawnSync(
    process.execPath,
    [bin, "trace", "--endpoint", url, "--runs-dir", runsDir, "--", ...command],
    {
      cwd: agents,
      env: {
        ...process.env,
        MODEL: model,
        OPENAI_API_KEY: "CANARY-KEY",
        ANTHROPIC_API_KEY: "CANARY-KEY",
        LANGSMITH_TRACING: "false",
      },
      encoding: "utf8",
      timeout: 60_000,
    },
  );
  process.stdout.write(`\n${agent}\n${stderr}`);
  const directory = join(runsDir, readdirSync(runsDir)[0] ?? "");
  return { code: status, directory, data: await readTraceRun(directory) };
}

function shapeOf({ nodes }: TraceData): string {
  return outlineOf(nodes)
    .map(({ node, depth, role }) => {
      const name = node.kind === "tool_call" ? `${node.name}()` : node.api;
      return `${"  ".repeat(depth)}${name}${role === null ? "" : `, ${role.kind}`}`;
    })
    .join("\n");
}

function report(directory: string, format: string): string {
  return execFileSync(process.execPath, [bin, "report", directory, "--format", format], { encoding: "utf8" });
}

/** The captured calls, replayed: the same lengths, and of each input the beginning that an earlier one had. */
function checkReplay({ nodes }: TraceData, directory: string, url: string): void {
  const input = join(folder, "replayed.json");
  writeFileSync(input, report(directory, "weka"));
  const runsDir = join(folder, "replay");
  const flags = [
    "--endpoint",
    url,
    "--api",
    "completions",
    "--input",
    input,
    "--concurrency",
    "1",
    "--runs-dir",
    runsDir,
  ];
  spawnSync(process.execPath, [bin, "bench", ...flags], { stdio: "inherit", timeout: 120_000 });
  const run = join(runsDir, readdirSync(runsDir)[0] ?? "");
  const rows = readFileSync(join(run, "requests.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RequestRow);
  const calls = nodes.filter((node) => node.kind === "model_call");
  const lengths = (of: readonly { input_tokens: number | null; output_tokens: number | null }[]) =>
    of.map(({ input_tokens, output_tokens }) => `${input_tokens}+${output_tokens}`).join(" ");
  check(
    "replay: the same lengths in the same order",
    lengths(rows) === lengths(calls),
    `${lengths(rows)} for ${lengths(calls)}`,
  );
  // Of inputs alone: an engine that has a reply in its cache has another one in a replay.
  const { requests } = JSON.parse(readFileSync(input, "utf8")) as { requests: { hash_ids: number[] }[] };
  const seen = new Set<number>();
  const shared = requests.map(({ hash_ids }) => {
    const known = hash_ids.findIndex((block) => !seen.has(block));
    for (const block of hash_ids) seen.add(block);
    return 64 * (known < 0 ? hash_ids.length : known);
  });
  const cached = rows.map(({ cached_tokens }) => cached_tokens);
  check(
    "replay: what was shared is shared again",
    String(cached) === String(shared),
    `${String(cached)} for ${String(shared)}`,
  );
}

function textOf(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

function check(what: string, holds: boolean, seen = ""): void {
  if (holds) passed++;
  else failed++;
  process.stdout.write(`${holds ? "ok  " : "FAIL"} ${what}${holds ? "" : ` ${seen}`}\n`);
}
