/**
 * Runs the main job against an engine that this project did not write: llama.cpp's server with a tiny random-weight model,
 * loaded by the built command line with prompts made of real text (this repository's LICENSE), streaming, with the
 * engine's own /metrics. Checks what must agree, and prints the report.
 *
 *   npm run build && npm run test:real-engine
 *
 * Not part of CI: it needs a compiler, CMake, Python and about ten minutes for the first build (see README.md here).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RequestRow } from "../../src/runs/schemas/request.ts";
import type { Summary } from "../../src/runs/schemas/summary.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const bin = join(root, "dist/main.js");
const PORT = 18_291;
const REQUESTS = 24;

const folder = mkdtempSync(join(tmpdir(), "inferguard-real-engine-"));
let failed = 0;
let passed = 0;

execFileSync(join(here, "build-llama-server.sh"), { stdio: "inherit" });
const pid = execFileSync(join(here, "serve.sh"), [String(PORT)], { encoding: "utf8" }).trim();
try {
  const prompts = join(folder, "prompts.jsonl");
  writeFileSync(prompts, promptsFromText(readFileSync(join(root, "LICENSE"), "utf8")));
  for (const api of ["chat", "completions"] as const) {
    const { summary, rows, directory } = load(api, prompts);
    check(
      `${api}: every request succeeded`,
      summary.levels.every((level) => level.requests.ok === level.requests.total),
    );
    check(
      `${api}: ${REQUESTS} measured rows per level`,
      rows.filter((row) => row.phase === "measured").length === 2 * REQUESTS,
    );
    check(
      `${api}: tokens come from the server`,
      rows.every((row) => row.token_source === "server" && (row.output_tokens ?? 0) > 0),
    );
    check(`${api}: moments are in order`, rows.every(isInOrder));
    check(
      `${api}: the engine was recognised and scraped`,
      summary.levels.every((level) => level.server.length > 0),
    );
    check(`${api}: the engine counted the tokens that the client counted`, tokensAgree(directory, rows));
    check(
      `${api}: nothing was denied, and only the endpoint was reached`,
      summary.egress?.denied === 0 && summary.egress.destinations.every((to) => to.port === PORT),
    );
  }
} finally {
  process.kill(Number(pid));
  rmSync(folder, { recursive: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Its paragraphs, as prompts. */
function promptsFromText(text: string): string {
  const paragraphs = text.split(/\n\s*\n/).map((part) => part.replace(/\s+/g, " ").trim());
  return paragraphs
    .filter((part) => part.length > 80)
    .map((part) => `${JSON.stringify({ prompt: `Explain this paragraph in plain words: ${part}` })}\n`)
    .join("");
}

function load(
  api: "chat" | "completions",
  prompts: string,
): { summary: Summary; rows: RequestRow[]; directory: string } {
  const endpoint = [
    "--endpoint",
    `http://127.0.0.1:${PORT}`,
    "--api",
    api,
    "--metrics-url",
    `http://127.0.0.1:${PORT}/metrics`,
  ];
  const size = ["--concurrency", "1,4", "--requests", String(REQUESTS), "--input", prompts, "--output-tokens", "48"];
  const runs = ["--runs-dir", join(folder, api), "--name", `real-engine-${api}`, "--quiet"];
  const run = spawnSync(process.execPath, [bin, "bench", ...endpoint, ...size, ...runs], { encoding: "utf8" });
  console.log(run.stdout, run.stderr);
  const json = execFileSync(
    process.execPath,
    [bin, "report", "latest", "--format", "json", "--runs-dir", join(folder, api)],
    { encoding: "utf8" },
  );
  const summary = JSON.parse(json) as Summary;
  const directory = join(folder, api, summary.run_id);
  const rows = readFileSync(join(directory, "requests.jsonl"), "utf8").trim().split("\n");
  return { summary, rows: rows.map((row) => JSON.parse(row) as RequestRow), directory };
}

function isInOrder(row: RequestRow): boolean {
  const moments = [
    row.intended_ms,
    row.connect_start_ms,
    row.connected_ms,
    row.sent_ms,
    row.first_byte_ms,
    row.first_token_ms,
    row.last_token_ms,
    row.end_ms,
  ];
  const happened = moments.filter((moment) => moment !== null);
  return happened.every((moment, place) => place === 0 || moment >= (happened[place - 1] as number));
}

/** The counter's increase from the first scrape to the last, against the rows, warm-up included. */
function tokensAgree(directory: string, rows: readonly RequestRow[]): boolean {
  const counted = rows.reduce((sum, row) => sum + (row.output_tokens ?? 0), 0);
  return counterAt(directory, "last") - counterAt(directory, "first") === counted;
}

function counterAt(directory: string, moment: "first" | "last"): number {
  const page = readFileSync(join(directory, "scrapes", `0-${moment}.txt`), "utf8");
  return Number(/^llamacpp:tokens_predicted_total (\S+)$/m.exec(page)?.[1]);
}

function check(what: string, holds: boolean): void {
  console.log(`${holds ? "ok" : "NOT OK"}  ${what}`);
  if (holds) passed++;
  else failed++;
}
