/** The command line of strace that watches a whole process tree, and whether it works here. */
import { whyItFails } from "./try-command.ts";

/** All that can reach a network, and all with which a process can get out of sight. */
const calls = [
  ...["connect", "sendto", "sendmsg", "sendmmsg", "bind", "listen"],
  ...["execve", "execveat", "clone", "clone3", "fork", "vfork"],
  ...["io_uring_setup", "setns", "ptrace", "process_vm_writev", "pidfd_getfd"],
].map((name) => `?${name}`);

/**
 * The quick way looks only at these calls, in the kernel. It does not see a call that a seccomp program refuses, so a
 * sealed command is watched in the thorough way, the refused sockets included.
 *
 * Node makes rings at each start and works without: they are refused for the whole tree, because what goes through a ring
 * is no system call. 512 bytes of a message hold any question for a name.
 */
export function straceCommand(record: string, command: readonly string[], way: "quick" | "thorough"): string[] {
  const traced = way === "quick" ? calls : [...calls, "socket"];
  const what = ["-e", `trace=${traced.join(",")}`, "-e", "signal=none", "-e", "inject=io_uring_setup:error=ENOSYS"];
  return [
    "strace",
    "-f",
    ...(way === "quick" ? ["--seccomp-bpf"] : []),
    "-q",
    "-yy",
    "-xx",
    "-s",
    "512",
    ...what,
    "-o",
    record,
    "--",
    ...command,
  ];
}

/** Null when strace can watch here; else why not. */
export function whyNoStrace(): string | null {
  return whyItFails(straceCommand("/dev/null", ["true"], "quick"));
}
