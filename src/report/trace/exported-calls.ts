/** The calls that a trace format can hold: those whose server counted both lengths. The others are left out, and counted. */
import type { ModelCall, TraceNode } from "../../runs/schemas/agent-trace.ts";

export type ExportedCall = ModelCall & { input_tokens: number; output_tokens: number };

export interface Exported {
  /** By their beginnings. */
  calls: ExportedCall[];
  /** A sentence for the person; null when every call is there. */
  leftOut: string | null;
}

export function exportedCalls(nodes: readonly TraceNode[]): Exported {
  const all = nodes.filter((node) => node.kind === "model_call");
  const calls = all.filter(hasLengths).sort((a, b) => a.start_ms - b.start_ms || a.id - b.id);
  const missing = all.length - calls.length;
  const verb = missing === 1 ? "is" : "are";
  return {
    calls,
    leftOut:
      missing === 0
        ? null
        : `${missing} of ${all.length} calls ${verb} left out: the server did not count their tokens, and the format has no place for what is not known`,
  };
}

function hasLengths(call: ModelCall): call is ExportedCall {
  return call.input_tokens !== null && call.output_tokens !== null && call.input_tokens > 0;
}
