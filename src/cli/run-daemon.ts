/** `daemon start` at the terminal: what it watches once it is up, its log while it runs in the foreground. */
import { detachDaemon } from "../commands/daemon-detach.ts";
import { runDaemon } from "../commands/daemon-start.ts";
import { recordOfNothing } from "../commands/egress-report.ts";
import type { DaemonOptions, DaemonUp } from "../commands/daemon/options.ts";
import { leavePendingPayload } from "../commands/telemetry-pending.ts";
import { type ExitCode, exitCode, UserError } from "../errors.ts";
import { printable } from "../report/printable.ts";
import type { CommandContext } from "./context.ts";
import { type DaemonFlags, daemonArguments } from "./daemon-options.ts";
import { daemonEnvironment } from "./environment.ts";

export function startDaemon(flags: DaemonFlags, options: DaemonOptions, context: CommandContext): Promise<ExitCode> {
  if (flags.insecure === true) context.terminal.warning("--insecure: the servers' certificates are not checked");
  return flags.foreground ? stay(flags, options, context) : detach(flags, options, context);
}

async function stay(flags: DaemonFlags, options: DaemonOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, signal } = context;
  const run = await runDaemon(options, {
    signal,
    up: (up) => answer(up, context),
    logged: (line) => {
      if (flags.detached !== true) terminal.remark(line);
    },
    egress: (record) => {
      context.egress = record;
    },
  });
  // The network is closed by now.
  const pending = await leavePendingPayload(run);
  if (pending !== null && "remark" in pending) terminal.remark(pending.remark);
  if (pending !== null && "warning" in pending) terminal.warning(pending.warning);
  return exitCode.ok;
}

async function detach(flags: DaemonFlags, { directory }: DaemonOptions, context: CommandContext): Promise<ExitCode> {
  const outcome = await detachDaemon({
    bin: context.bin,
    args: daemonArguments(flags),
    directory,
    environment: daemonEnvironment(),
  });
  if ("up" in outcome) {
    context.egress = recordOfNothing();
    answer(outcome.up, context);
    return exitCode.ok;
  }
  if (outcome.refused === "") throw wordless(outcome.code, directory);
  // Its own last line, of what it reached, is among them.
  context.terminal.aside(outcome.refused);
  return knownCode(outcome.code);
}

function answer(up: DaemonUp, { terminal, json }: CommandContext): void {
  if (json) terminal.write(`${JSON.stringify(up)}\n`);
  else
    terminal.write(
      upLines(up)
        .map((line) => `${printable(line, 1000)}\n`)
        .join(""),
    );
}

function upLines(up: DaemonUp): string[] {
  return [
    `The daemon is up, with pid ${up.pid}. Every ${up.interval_ms / 1000} s it watches`,
    ...up.watches.map(({ role, origin, path }) => `  ${role} ${origin}${path}`),
    `  the runs that grow in ${up.runs_dir}`,
    `Prometheus: ${up.metrics_url}, with the token in ${up.token_file}`,
    `Its run is ${up.run}`,
    "inferguard daemon status | show | logs | stop",
  ];
}

function wordless(code: number | null, directory: string): UserError {
  const how = code === null ? "was ended by a signal" : `ended with exit code ${code}`;
  return new UserError(`the daemon did not start: it ${how}, and could write nothing to its log in ${directory}`, {
    exitCode: knownCode(code),
    hint: "start it with --foreground to see why",
  });
}

/** What the process that did not start ended with. */
function knownCode(code: number | null): ExitCode {
  return Object.values(exitCode).find((known) => known === code && known !== exitCode.ok) ?? exitCode.cannotRun;
}
