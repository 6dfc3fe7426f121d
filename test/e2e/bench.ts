/** `inferguard bench` as a child process, against a simulated engine in this one: what it printed and what it left. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ask, type MimicState, quick, quickStep, stateWhen } from "../../src/mimic/mimic.fixture.ts";
import type { EngineProfile } from "../../src/mimic/simulation/profile.ts";
import { type MimicOptions, type RunningMimic, startMimic } from "../../src/mimic/start.ts";
import { mintAuthority } from "../../src/net/authority.ts";
import { readBenchRun, type RunData } from "../../src/runs/run-reader.ts";
import type { RequestRow } from "../../src/runs/schemas/request.ts";
import { type Summary, summarySchema } from "../../src/runs/schemas/summary.ts";
import { type CliOptions, type CliResult, runCli, withTempHome } from "./cli.ts";

/** Twenty milliseconds a token, four slots: slow enough that two events seldom share a read on a busy machine. */
export const steady: EngineProfile = { ...quick, step: { ...quickStep, baseMs: 20 } };

/** Closes itself when the test that made it ends. */
export async function startEngine(options: Partial<MimicOptions> = {}): Promise<RunningMimic> {
  const mimic = await startMimic(loopback(), { profile: steady, seed: 1, ...options });
  onTestFinished(() => mimic.close());
  return mimic;
}

/** One that lives as long as its owner wants. */
export function startLastingEngine(options: Partial<MimicOptions> = {}): Promise<RunningMimic> {
  return startMimic(loopback(), { profile: steady, seed: 1, ...options });
}

function loopback() {
  return mintAuthority("loopback-mimic", "127.0.0.1", 0, "--port");
}

export async function stateOf(port: number): Promise<MimicState> {
  return JSON.parse((await ask(port, "/mimic/state")).body) as MimicState;
}

/** The rows of requests that left, and what the server counts of them once it has nothing left to do. */
export async function sentAndReceived(port: number, rows: readonly RequestRow[]) {
  const sent = rows.filter(({ sent_ms }) => sent_ms !== null);
  const isOver = ({ requests }: MimicState) => requests.in_flight === 0 && requests.received >= sent.length;
  const { requests } = await stateWhen(port, isOver);
  return { sent, requests };
}

export interface BenchResult extends CliResult {
  /** What stdout held, which has to be one JSON document. */
  summary: Summary;
  run: RunData;
}

/** Loads `port`, or another `--endpoint` of `args`, with `--json`; `look` sees the home before it is gone. */
export function bench(
  port: number,
  args: readonly string[],
  options: CliOptions = {},
  look: (home: string, directory: string) => Promise<void> | void = () => {},
): Promise<BenchResult> {
  return withTempHome(async (home) => {
    const result = await runCli(benchArgs(port, args), { ...options, home });
    const directory = onlyRun(home, result);
    const run = await readBenchRun(directory);
    await look(home, directory);
    return { ...result, run, summary: summaryIn(result) };
  });
}

/** Few short requests and nothing beside them, unless `args` say otherwise. */
export function benchArgs(port: number, args: readonly string[]): string[] {
  const endpoint = ["--endpoint", `http://127.0.0.1:${port}`, "--model", steady.model];
  const defaults = [{ flags: endpoint, unless: ["--endpoint"] }, ...small];
  const missing = defaults.filter(({ unless }) => !unless.some((flag) => args.includes(flag)));
  return ["bench", ...missing.flatMap(({ flags }) => flags), ...args];
}

const small = [
  { flags: ["--input-tokens", "20"], unless: ["--input-tokens", "--input"] },
  { flags: ["--output-tokens", "5"], unless: ["--output-tokens"] },
  { flags: ["--warmup", "0"], unless: ["--warmup"] },
  { flags: ["--no-metrics"], unless: ["--metrics-url", "--gpu-metrics-url"] },
  { flags: ["--json"], unless: ["--json", "--quiet"] },
];

/** The directories of runs below a home, in no order. */
export function runsIn(home: string): string[] {
  const parent = join(home, "inferguard-runs");
  try {
    return readdirSync(parent).map((name) => join(parent, name));
  } catch {
    return [];
  }
}

function onlyRun(home: string, { code, stderr }: CliResult): string {
  const [directory, ...others] = runsIn(home);
  if (directory === undefined || others.length > 0)
    throw new Error(
      `${others.length + (directory === undefined ? 0 : 1)} runs were left; exit code ${code}\n${stderr}`,
    );
  return directory;
}

function summaryIn({ code, stdout, stderr }: CliResult): Summary {
  try {
    return summarySchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Error(`stdout is not one summary; exit code ${code}\n${stdout.slice(0, 2000)}\n${stderr}`, {
      cause: error,
    });
  }
}

/**
 * What `bench` is to exit with after this summary. A machine that is busy with other tests can make the client slower
 * than so short a run allows; it then says so and withholds the headline, which is exit code 1.
 */
export function exitCodeFor(summary: Summary): number {
  const answered = summary.levels.some(({ requests }) => requests.ok > 0);
  return answered && summary.client.verdict !== "limited" ? 0 : 1;
}
