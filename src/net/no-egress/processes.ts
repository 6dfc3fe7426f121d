/**
 * Other processes and threads. A Node process and a thread get the same watch, before any of their own code; of another
 * program nobody can say what it does, so it is denied unless it was allowed by name.
 */
import { basename } from "node:path";
import worker from "node:worker_threads";
import { bindingOf, eacces, prototypeOf } from "../guard/patch.ts";
import { quieten } from "../guard/quieten.ts";
import type { Policy } from "./policy.ts";
import type { Replacements } from "./replacements.ts";

export interface ProcessRules {
  /** Run as they are: a name, or a path. */
  allowPrograms: readonly string[];
  /** A CommonJS file that puts the watch into another process or thread. */
  preload: string;
}

export function watchProcesses({ replace }: Replacements, policy: Policy, rules: ProcessRules): void {
  /** The arguments to start it with, or null. */
  function admit(start: Start): Start | null {
    if (rules.allowPrograms.some((allowed) => isProgram(allowed, start.file))) return start;
    if (isNode(start.file) && start.environment !== undefined)
      return { ...start, environment: withPreload(start.environment, rules.preload) };
    policy.deny("child process", commandLine(start));
    return null;
  }

  replace(prototypeOf("process_wrap", "Process"), "spawn", (original) => {
    return function spawn(this: unknown, ...args: unknown[]) {
      const { start, argumentsFor } = readStart(args);
      const admitted = admit(start);
      if (admitted !== null) return Reflect.apply(original, this, argumentsFor(admitted));
      quieten(start.stdio);
      return eacces;
    };
  });
  replace(bindingOf("spawn_sync"), "spawn", (original) => {
    return function spawn(this: unknown, ...args: unknown[]) {
      const { start, argumentsFor } = readStart(args);
      const admitted = admit(start);
      if (admitted !== null) return Reflect.apply(original, this, argumentsFor(admitted));
      return { pid: 0, status: null, signal: null, output: null, error: eacces };
    };
  });
  if (typeof Reflect.get(process, "execve") === "function")
    replace(process, "execve", () => {
      return function execve(program: unknown) {
        policy.deny("process replacement", String(program));
        throw Object.assign(new Error(`execve of ${String(program)} denied`), { code: "EACCES" });
      };
    });
  replace(worker, "Worker", (original) => watchedWorker(original as unknown as typeof worker.Worker, rules.preload));
}

interface Start {
  file: string;
  args: unknown;
  environment: string[] | undefined;
  stdio: unknown;
}

/** Node 22 and spawnSync pass one object; later ones pass file, arguments, directory, environment and stdio one by one. */
function readStart(args: unknown[]): { start: Start; argumentsFor: (start: Start) => unknown[] } {
  const [first] = args;
  if (typeof first === "object" && first !== null) {
    const options = first as Record<string, unknown>;
    const environment = options["envPairs"] as string[] | undefined;
    const start = { file: String(options["file"]), args: options["args"], environment, stdio: options["stdio"] };
    return { start, argumentsFor: (each) => [{ ...options, envPairs: each.environment }, ...args.slice(1)] };
  }
  const start = { file: String(first), args: args[1], environment: args[3] as string[] | undefined, stdio: args[4] };
  return { start, argumentsFor: (each) => [...args.slice(0, 3), each.environment, ...args.slice(4)] };
}

function isProgram(allowed: string, file: string): boolean {
  return allowed === file || (!allowed.includes("/") && allowed === basename(file));
}

function isNode(file: string): boolean {
  return file === process.execPath || /^node(\.exe)?$/.test(basename(file));
}

function commandLine({ file, args }: Start): string {
  const rest = Array.isArray(args) ? args.slice(1).join(" ") : "";
  return `${file} ${rest}`.trim().slice(0, 200);
}

function withPreload(environment: readonly string[], preload: string): string[] {
  const option = `--require ${JSON.stringify(preload)}`;
  const before = environment.find((pair) => pair.startsWith("NODE_OPTIONS="));
  const options = before === undefined ? option : `${option} ${before.slice("NODE_OPTIONS=".length)}`;
  return [...environment.filter((pair) => pair !== before), `NODE_OPTIONS=${options}`];
}

/** A thread has handles of its own, and takes its options from here alone when it is given any. */
function watchedWorker(Original: typeof worker.Worker, preload: string): never {
  return class Worker extends Original {
    constructor(file: string | URL, options: worker.WorkerOptions = {}) {
      super(file, { ...options, execArgv: ["--require", preload, ...(options.execArgv ?? process.execArgv)] });
    }
  } as never;
}
