/** Keeps a run's nodes for the collector that --otlp-endpoint names, and sends them as spans once the run is over. */
import type { Gate } from "../../net/gate.ts";
import { openHttpClient } from "../../net/open-http-client.ts";
import type { AgentTraceRow, TraceNode } from "../../runs/schemas/agent-trace.ts";
import type { Claim } from "../../runs/schemas/claim.ts";
import { type Collector, sendSpans } from "../../trace/send-spans.ts";
import { type SpannedRun, spansOf } from "../../trace/spans.ts";

export interface SpanCollecting {
  note(row: AgentTraceRow): void;
  /**
   * @param claim how the run's numbers are known, now that it is over
   * @returns what went wrong, one sentence; null when everything arrived, or nothing was to be sent
   */
  send(gate: Gate, claim: Claim): Promise<string | null>;
}

/** Without a collector nothing is kept. */
export function collectSpans(collector: Collector | null, run: SpannedRun): SpanCollecting {
  const nodes: TraceNode[] = [];
  let wallMs = 0;
  return {
    note(row) {
      if (collector === null) return;
      if (row.event === "summary") wallMs = row.wall_ms;
      // No span says which pieces an input has, and a long conversation has many.
      else nodes.push(row.kind === "model_call" ? { ...row, input_pieces: [] } : row);
    },
    async send(gate, claim) {
      if (collector === null) return null;
      const client = openHttpClient(gate, "reuse");
      try {
        const spans = spansOf(
          { ...run, claim },
          nodes.toSorted((a, b) => a.id - b.id),
          wallMs,
        );
        return await sendSpans(client, collector, spans);
      } finally {
        client.close();
      }
    },
  };
}
