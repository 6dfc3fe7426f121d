/** Starting this program itself as a process that outlives this one, the daemon. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { refuseWithoutGuard } from "./refuse-without-guard.ts";
import { withStart } from "./tickets.ts";

export interface DetachedStart {
  bin: string;
  args: readonly string[];
  /** All that it finds in its environment. */
  environment: Readonly<Record<string, string>>;
  /** An open file that takes what it writes to standard error. */
  stderr: number;
  timeoutMs: number;
}

/** Its first line; or that it ended before it had printed one, or said nothing in time. Then it is gone. */
export type DetachedOutcome =
  | { is: "up"; firstLine: string }
  | { is: "ended"; code: number | null; signal: string | null }
  | { is: "silent" };

/**
 * Runs this program's own bin in a session of its own, so that no terminal's end reaches it, in the root directory, so
 * that it keeps none in use. It has no standard input; its standard output is read up to the first line and then closed.
 */
export async function startDetached(start: DetachedStart): Promise<DetachedOutcome> {
  refuseWithoutGuard();
  const args = [start.bin, ...start.args];
  const child = withStart(process.execPath, args, () =>
    spawn(process.execPath, args, {
      detached: true,
      cwd: "/",
      env: start.environment,
      stdio: ["ignore", "pipe", start.stderr],
    }),
  );
  // Its stdio above makes it a pipe.
  const stdout = child.stdout as Readable;
  const lines = createInterface({ input: stdout });
  const outcome = await new Promise<DetachedOutcome>((resolve) => {
    const timer = setTimeout(() => resolve({ is: "silent" }), start.timeoutMs);
    const settle = (result: DetachedOutcome) => {
      clearTimeout(timer);
      resolve(result);
    };
    lines.once("line", (firstLine) => settle({ is: "up", firstLine }));
    child.once("error", () => settle({ is: "ended", code: null, signal: null }));
    child.once("close", (code, signal) => settle({ is: "ended", code, signal }));
  });
  if (outcome.is === "silent") child.kill("SIGKILL");
  lines.close();
  stdout.destroy();
  child.unref();
  return outcome;
}
