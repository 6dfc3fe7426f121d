/** A trace in a few lines, for the end of the command; `report` has the rest. */
import { counted, percent, runTime } from "../../report/format.ts";
import { printable } from "../../report/printable.ts";
import { readTraceRun } from "../../runs/trace-reader.ts";

/** @param argument how `report` can be given this run */
export async function traceLines(directory: string, argument: string): Promise<string[]> {
  const { nodes, summary } = await readTraceRun(directory);
  const how = `trace: ${printable(directory, 1000)}; read it with: inferguard report ${printable(argument, 1000)}`;
  if (summary === null) return [how];
  const calls = nodes.filter((node) => node.kind === "model_call");
  const failed = calls.filter(({ status }) => status === "error").length;
  const { wall_ms, model_ms, tool_ms, waiting_ms, passed } = summary;
  const share = (ms: number) => percent(wall_ms === 0 ? 0 : ms / wall_ms);
  const others = passed.models + passed.other;
  return [
    `trace: ${counted(calls.length, "model call")} (${failed} failed), ${counted(summary.nodes.tool_call, "tool call")}, ` +
      `${counted(summary.conversations, "conversation")}${others === 0 ? "" : `, ${counted(others, "other request")}`} in ${runTime(wall_ms)}`,
    ...(calls.length === 0
      ? []
      : [
          `trace: ${share(model_ms)} of the time in model calls, ${share(tool_ms)} in tools, ${share(waiting_ms)} in neither`,
        ]),
    how,
  ];
}
