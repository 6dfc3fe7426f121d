/**
 * Starting another process: one of this program itself, or the one program whose command line a person wrote after `--`.
 * Nothing else is ever started here.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { exitCode, messageOf, UserError } from "../errors.ts";
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

export interface AgentProcess {
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Passes a signal on; nothing happens when it is gone. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Runs what a person wrote after `--`, at this terminal and with this environment.
 * @param output where its standard output goes: where ours goes, or to our standard error
 * @throws UserError (exit code 3) when it cannot be started
 */
export async function startAgent(
  [program = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  output: "as ours" | "to stderr",
): Promise<AgentProcess> {
  refuseWithoutGuard();
  const stdio: ("inherit" | number)[] = ["inherit", output === "as ours" ? "inherit" : 2, "inherit"];
  const child = withStart(program, args, () => spawn(program, args, { stdio, env: environment }));
  const ended: AgentProcess["ended"] = new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(cannotStart(program, messageOf(error), error)));
  });
  // A failure to pass a signal on would be told here.
  child.on("error", () => {});
  return { ended, signal: (name) => void child.kill(name) };
}

/**
 * Looks for the program as the system will, so that a misspelt one is told before anything else happens.
 * @throws UserError (exit code 3)
 */
export function checkProgram(program: string, path: string): void {
  const places = program.includes("/")
    ? [program]
    : path.split(delimiter).map((folder) => join(folder || ".", program));
  if (process.platform === "win32" || places.some(isProgram)) return;
  throw cannotStart(program, places.length === 1 ? "there is no such program" : "no folder of PATH has it");
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function cannotStart(program: string, why: string, cause?: unknown): UserError {
  return new UserError(`cannot start ${JSON.stringify(program)}: ${why}`, {
    exitCode: exitCode.cannotRun,
    hint: "after -- comes the agent's command line: a program and its arguments, without a shell",
    cause,
  });
}

/** Whether this process is in a terminal's foreground: Ctrl-C there reaches the agent by itself. */
export function isInForeground(): boolean {
  try {
    // proc(5): after the name in parentheses come state, ppid, pgrp, session, tty and the terminal's foreground group.
    const fields = readFileSync("/proc/self/stat", "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[5] === fields[2];
  } catch {
    return isatty(0) || isatty(2);
  }
}

async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 2000);
  await exited;
  clearTimeout(force);
}
