/** `bench` at the terminal: its progress while it runs, its report at the end. */
import { bench } from "../commands/bench.ts";
import type { BenchOptions } from "../commands/bench/options.ts";
import { leavePendingPayload } from "../commands/telemetry-pending.ts";
import type { ExitCode } from "../errors.ts";
import { terminalLines } from "../report/terminal.ts";
import type { CommandContext } from "./context.ts";

export async function runBench(options: BenchOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, signal } = context;
  if (options.target.kind === "mimic")
    terminal.remark("no --endpoint: loading the built-in simulated engine; every number is synthetic");
  const { directory, summaryText, view, problem, exitCode } = await bench(options, {
    progress: (progress) => terminal.progress(progress),
    notice: (text) => terminal.remark(text),
    warning: (text) => terminal.warning(text),
    egress: (record) => {
      context.egress = record;
    },
    signal,
  });
  terminal.endProgress();
  terminal.answer({ json: () => summaryText, lines: (style) => terminalLines(view, style) });
  if (problem !== null) terminal.error(problem);
  // The network is closed by now.
  const pending = await leavePendingPayload(directory);
  if (pending !== null && "remark" in pending) terminal.remark(pending.remark);
  if (pending !== null && "warning" in pending) terminal.warning(pending.warning);
  return exitCode;
}
