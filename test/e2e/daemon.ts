/** A daemon of the built command line, with a HOME and a control directory of its own, that is gone when the test is. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CliOptions, type CliResult, runCli, withTempHome } from "./cli.ts";

export interface DaemonHome {
  home: string;
  /** `$XDG_RUNTIME_DIR/inferguard`. */
  control: string;
  /** An `inferguard daemon` command of this user's. */
  daemon(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts one, detached, on a free port. */
  start(...args: string[]): Promise<DaemonUp>;
  status(): Promise<{ code: number | null; document: Record<string, unknown> }>;
  /** What stands in run.json or egress.json. */
  artifact(run: string, name: string): Record<string, unknown>;
}

export interface DaemonUp {
  pid: number;
  run: string;
  metrics_url: string;
  token_file: string;
  log_file: string;
}

export async function withDaemonHome(use: (home: DaemonHome) => Promise<void>): Promise<void> {
  await withTempHome(async (home) => {
    const runtime = join(home, "run");
    await mkdir(runtime, { mode: 0o700 });
    const control = join(runtime, "inferguard");
    const daemon = (args: readonly string[], options: CliOptions = {}) =>
      runCli(["daemon", ...args], { home, ...options, env: { XDG_RUNTIME_DIR: runtime, ...options.env } });
    try {
      await use({
        home,
        control,
        daemon,
        async start(...args) {
          const { code, stdout, stderr } = await daemon(["start", "--port", "0", "--json", ...args]);
          if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
          return JSON.parse(stdout) as DaemonUp;
        },
        async status() {
          const { code, stdout } = await daemon(["status", "--json"]);
          return { code, document: JSON.parse(stdout) as Record<string, unknown> };
        },
        artifact: (run, name) => JSON.parse(readFileSync(join(run, name), "utf8")) as Record<string, unknown>,
      });
    } finally {
      killDaemonOf(control);
    }
  });
}

/** By the pid in its lock: it outlives the command that started it. */
function killDaemonOf(control: string): void {
  for (const name of namesIn(control).filter((each) => each.startsWith("daemon.lock.")))
    try {
      process.kill(Number(readlinkSync(join(control, name)).split(" ")[2]), "SIGKILL");
    } catch {
      // It has ended already.
    }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
