/**
 * Ways to run a command where no socket of any family can be made. The kernel's own word for it, read after the
 * program is installed and before the command starts, is the evidence.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealingProgram } from "./seccomp-program.ts";
import { whyItFails } from "./try-command.ts";

/** The command line that runs `command` sealed. What it writes goes below `folder`. */
export type Seal = (folder: string, command: readonly string[]) => string[];

/** The way to seal a command here, or why there is none. */
export function findSeal(folder: string): { seal: Seal } | { reason: string } {
  if (sealingProgram(process.arch) === null) return { reason: `the system calls of ${process.arch} are not known` };
  const reasons: string[] = [];
  for (const seal of Object.values(seals)) {
    const reason = whyItFails(seal(folder, ["true"])) ?? whyNotSealed(folder);
    if (reason === null) return { seal };
    reasons.push(reason);
  }
  return { reason: reasons.join("; ") };
}

/** Null when the command was sealed from its start; else what the kernel said instead. */
export function whyNotSealed(folder: string): string | null {
  const text = readFileSync(evidenceIn(folder), "utf8");
  if (text === "") return "the kernel's word for the seal was not written";
  // In a container every process has programs installed: there must be one more than this process has.
  const isSealed = programsIn(text) > programsIn(readFileSync("/proc/self/status", "utf8"));
  return isSealed ? null : "the kernel says that the seccomp program is not installed";
}

/** How many seccomp programs the text of /proc/<pid>/status speaks of; old kernels say only whether there is one. */
function programsIn(status: string): number {
  const installed = /^Seccomp:\s*2$/m.test(status);
  return Number(/^Seccomp_filters:\s*(\d+)$/m.exec(status)?.[1] ?? (installed ? 1 : 0));
}

const bySystemCall = `
my ($program, $evidence, $prctl, @command) = @ARGV;
open my $in, "<:raw", $program or die "$program: $!"; local $/; my $bytes = <$in>;
syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
my $filter = pack("Sx6P", length($bytes) / 8, $bytes);
syscall($prctl, 22, 2, $filter, 0, 0) == 0 or die "seccomp: $!";
open my $status, "<", "/proc/self/status" or die "/proc/self/status: $!"; my $text = <$status>;
open my $out, ">", $evidence or die "$evidence: $!"; print $out $text; close $out;
exec { $command[0] } @command or die "$command[0]: $!";
`;

export const seals = {
  /** Changes nothing but what it is for: no namespace, the same user. */
  perl(folder: string, command: readonly string[]): string[] {
    const { path, prctl } = writeProgram(folder);
    return ["perl", "-e", bySystemCall, path, evidenceIn(folder), String(prctl), ...command];
  },

  bubblewrap(folder: string, command: readonly string[]): string[] {
    const { path } = writeProgram(folder);
    const wrapped = ["bwrap", "--die-with-parent", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--seccomp", "9"];
    const inside = ["sh", "-c", 'cat /proc/self/status > "$0" && exec "$@"', evidenceIn(folder), ...command];
    return ["sh", "-c", 'exec "$@" 9< "$0"', path, ...wrapped, "--", ...inside];
  },
};

function writeProgram(folder: string): { path: string; prctl: number } {
  const program = sealingProgram(process.arch);
  if (program === null) throw new TypeError(`no seccomp program for ${process.arch}`);
  const path = join(folder, "seccomp-program");
  writeFileSync(path, program.bytes);
  // The word for an earlier command is not the word for this one.
  writeFileSync(evidenceIn(folder), "");
  return { path, prctl: program.prctl };
}

function evidenceIn(folder: string): string {
  return join(folder, "process-status");
}
