/** From strace's record to destinations, and to the reasons why the record may not show all of them. */
import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { type Allowed, type Destination, mergeDestinations } from "./destination.ts";
import { createJudge, placeOf } from "./judge-calls.ts";
import { type NetworkCall, networkCallsOf } from "./network-calls.ts";
import type { Resolver } from "./resolver.ts";
import { createTraceReader, type TraceCall, unquote } from "./trace-calls.ts";

export interface Observed {
  destinations: Destination[];
  /** Empty when the record shows every system call of every process. */
  doubts: string[];
}

export async function readRecord(path: string, allowed: readonly Allowed[], resolver: Resolver): Promise<Observed> {
  const reader = createTraceReader();
  const calls: NetworkCall[] = [];
  const doubts = new Set<string>();
  const file = await open(path).catch(() => null);
  if (file === null) return { destinations: [], doubts: ["strace left no record"] };
  try {
    for await (const line of file.readLines()) {
      const call = reader.read(line);
      if (call === null) continue;
      calls.push(...networkCallsOf(call));
      const doubt = doubtIn(call);
      if (doubt !== null) doubts.add(doubt);
    }
  } finally {
    await file.close();
  }
  const judge = createJudge(allowed, resolver, portsOf(calls));
  const destinations = calls.map((call) => judge.judge(call)).filter((each) => each !== null);
  return {
    destinations: mergeDestinations(destinations),
    doubts: [...reader.doubts(), ...doubts, ...judge.doubts()],
  };
}

function portsOf(calls: readonly NetworkCall[]): Set<string> {
  const addresses = calls.filter(({ act, succeeded }) => act === "listen" && succeeded).map(({ to }) => to);
  return new Set(addresses.filter((to) => to?.family === "internet").map(placeOf));
}

/** Calls with which a process can do what this record does not show. */
const unseen: Record<string, string> = {
  io_uring_setup: "an io_uring was made, through which sockets can be used without a system call",
  setns: "a process went into another namespace",
  ptrace: "a process took control of another",
  process_vm_writev: "a process wrote into the memory of another",
  pidfd_getfd: "a process took a file descriptor of another",
};

function doubtIn(call: TraceCall): string | null {
  if (call.name.startsWith("sendm") && /, \.\.\.[\]}]/.test(call.args))
    return "messages of a call were left out of the record";
  if (!call.succeeded) return null;
  const doubt = unseen[call.name];
  if (doubt !== undefined) return doubt;
  if (/^clone3?$/.test(call.name) && call.args.includes("CLONE_UNTRACED"))
    return "a process was started out of strace's sight";
  if (/^execve(at)?$/.test(call.name)) {
    const path = unquote(/"([^"]*)"/.exec(call.args)?.[1] ?? "").toString();
    if (changesUser(path)) return "a program was started that runs with another user's powers";
  }
  return null;
}

/** A set-user-ID or set-group-ID program: strace of an ordinary user takes its powers away, or cannot follow it. */
function changesUser(path: string): boolean {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o6000) !== 0;
}
