/** The built command line as a child process, in a temporary HOME and with nothing else of this environment. */
import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));
export const bin = join(repositoryRoot, "dist/main.js");

export interface CliOptions {
  /** Its HOME and, without `cwd`, its working directory. Without one, a fresh directory that is gone afterwards. */
  home?: string;
  cwd?: string;
  /** Added to HOME and PATH, which is all that it gets. */
  env?: Readonly<Record<string, string>>;
  /** Its standard input, which is empty without it. */
  stdin?: string;
  /** Sends a signal `afterMs` after its start, or `afterMs` (default 0) after `output` stood on stdout or stderr. */
  kill?: { signal: NodeJS.Signals; afterMs?: number; output?: RegExp };
  /** It is killed, and the promise rejected, when it takes longer. Default 25 s. */
  timeoutMs?: number;
}

export interface CliResult {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { home } = options;
  return home === undefined
    ? withTempHome((temporary) => runProgram(process.execPath, [bin, ...args], { ...options, home: temporary }))
    : runProgram(process.execPath, [bin, ...args], { ...options, home });
}

/** A directory to be HOME, gone when `use` is done. */
export async function withTempHome<T>(use: (home: string) => Promise<T>): Promise<T> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "inferguard-test-")));
  try {
    return await use(home);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Any program, run like the command line. */
export function runProgram(
  program: string,
  args: readonly string[],
  { home, cwd = home, env = {}, stdin = "", kill, timeoutMs = 25_000 }: CliOptions & { home: string },
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { PATH: process.env["PATH"], HOME: home, ...env } });
    const output = { stdout: "", stderr: "" };
    const timeout = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    let killTimer: NodeJS.Timeout | undefined;
    const scheduleKill = () => {
      if (kill !== undefined) killTimer ??= setTimeout(() => child.kill(kill.signal), kill.afterMs ?? 0);
    };
    if (kill?.output === undefined) scheduleKill();
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
        if (kill?.output?.test(output[stream]) === true) scheduleKill();
      });
    // A program that ends without reading its input is no failure of the test.
    child.stdin.on("error", () => {}).end(stdin);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(killTimer);
      clearTimeout(timeout);
      if (signal === "SIGKILL" && kill?.signal !== "SIGKILL")
        reject(new Error(`killed after ${timeoutMs} ms: ${args.join(" ")}\n${output.stdout}\n${output.stderr}`));
      else resolve({ code, signal, ...output });
    });
  });
}
