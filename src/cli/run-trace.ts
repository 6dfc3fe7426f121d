/** `trace` at the terminal. While the agent runs the terminal is the agent's: all is said before it or after it. */
import { renderTrace } from "../commands/report/render-trace.ts";
import { leavePendingPayload } from "../commands/telemetry-pending.ts";
import { trace } from "../commands/trace.ts";
import type { TraceOptions } from "../commands/trace/options.ts";
import { traceLines } from "../commands/trace/lines.ts";
import type { CommandContext } from "./context.ts";

/** @returns the agent's own exit code, or 0. */
export async function runTrace(options: TraceOptions, context: CommandContext): Promise<number> {
  const { terminal, signal, giveSignalsTo } = context;
  const { directory, notes, agentExitCode } = await trace(options, {
    started({ url, apiBase }) {
      terminal.remark(
        `trace: ${url} stands for ${options.endpoint.address.origin}${options.endpoint.address.basePath}`,
      );
      if (options.agent === null)
        terminal.remark(
          `trace: point agents at it: OPENAI_BASE_URL=${apiBase} ANTHROPIC_BASE_URL=${url}; Ctrl-C ends it`,
        );
    },
    notice: (text) => terminal.remark(text),
    warning: (text) => terminal.warning(text),
    egress: (record) => {
      context.egress = record;
    },
    signal,
    giveSignalsTo,
  });
  for (const note of notes) terminal.warning(note);
  const argument = options.runsDirIsDefault ? (directory.split("/").at(-1) ?? directory) : directory;
  for (const line of await traceLines(directory, argument)) terminal.remark(line);
  if (context.json) terminal.write(await jsonOf(directory));
  // The network is closed by now.
  const pending = await leavePendingPayload(directory);
  if (pending !== null && "remark" in pending) terminal.remark(pending.remark);
  if (pending !== null && "warning" in pending) terminal.warning(pending.warning);
  return agentExitCode ?? 0;
}

async function jsonOf(directory: string): Promise<string> {
  const rendered = await renderTrace(directory, "json", null);
  return "text" in rendered ? rendered.text : "";
}
