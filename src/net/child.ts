/** Starting another process of this program itself. No other program is ever started here. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { exitCode, UserError } from "../errors.ts";
import { refuseWithoutGuard } from "./refuse-without-guard.ts";
import { optOuts } from "./opt-outs.ts";
import { withStart } from "./tickets.ts";

export interface OwnProcess {
  /** The first line that it printed. */
  firstLine: string;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Runs this program's own bin with these arguments and waits for its first line of output. The child's standard input is
 * a pipe that it can watch: when this process dies, however it dies, the pipe ends. Of the environment it gets nothing
 * but the opt-outs.
 * @throws UserError when it ends before it has printed a line, or the guard could not be installed.
 */
export async function startOwnProcess(bin: string, args: readonly string[], timeoutMs: number): Promise<OwnProcess> {
  refuseWithoutGuard();
  const child = withStart(process.execPath, [bin, ...args], () =>
    spawn(process.execPath, [bin, ...args], { stdio: ["pipe", "pipe", "pipe"], env: optOuts }),
  );
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 2000);
  });
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const lines = createInterface({ input: child.stdout });
  const firstLine = await new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), timeoutMs);
    lines.once("line", (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    void exited.then(() => {
      clearTimeout(timer);
      resolve(null);
    });
  });
  const stop = () => end(child, exited);
  if (firstLine === null) {
    await stop();
    throw new UserError(`${args[0]} did not start: ${complaint.trim() || `no sign of life within ${timeoutMs} ms`}`, {
      exitCode: exitCode.cannotRun,
      hint: `run it by itself to see why: inferguard ${args.join(" ")}`,
    });
  }
  return { firstLine, stop };
}

async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 2000);
  await exited;
  clearTimeout(force);
}
