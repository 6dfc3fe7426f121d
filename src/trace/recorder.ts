/**
 * Turns exchanges into the rows of a trace: model calls, the tools that they ask for, and how they follow one another. It
 * keeps digests of what was said, and never the words; with `appendText` it hands those on.
 */
import { apiOf } from "../endpoint/dialects/readers.ts";
import type { AgentTraceRow, TraceNode } from "../runs/schemas/agent-trace.ts";
import type { TextRow } from "../runs/schemas/text.ts";
import { createTraceSummary } from "../runs/trace-summary.ts";
import { createBodyMemory } from "./body-buffer.ts";
import { createCallGraph } from "./call-graph.ts";
import { createDigests } from "./digests.ts";
import type { ExchangeFollower, ExchangeWatcher } from "./exchange.ts";
import { createFollowedCalls } from "./followed-call.ts";

export interface TraceRecorder extends ExchangeWatcher {
  /** The simulated engine has answered: what is measured of it is synthetic. */
  readonly metMimic: boolean;
  /** Ends what is open (tool calls without a result, calls under way) and appends the summary row. */
  finish(atMs: number): Promise<void>;
}

export interface RecorderOptions {
  /** The run's start on the monotonic clock. */
  zeroMs: number;
  append(row: AgentTraceRow): void;
  /** Null without --save-text. */
  appendText: ((row: TextRow) => void) | null;
  /** 32 random bytes of this run alone. They are never stored. */
  key: Uint8Array;
}

export function createRecorder({ zeroMs, append, appendText, key }: RecorderOptions): TraceRecorder {
  const digests = createDigests(key);
  const summary = createTraceSummary();
  const passed = { models: 0, other: 0 };
  const appendNode = (node: TraceNode) => {
    summary.add(node);
    append(node);
  };
  const graph = createCallGraph(digests, zeroMs, appendNode);
  const calls = createFollowedCalls({ digests, graph, memory: createBodyMemory(), zeroMs, appendText });
  return {
    get metMimic() {
      return calls.metMimic;
    },
    begin(head) {
      const api = apiOf(head.method, head.path);
      if (api !== null) return calls.begin(api, head);
      if (/\/models(\/[^/]+)?\/?$/.test(head.path.split(/[?#]/, 1)[0] ?? "")) passed.models++;
      else passed.other++;
      return passing;
    },
    async finish(atMs) {
      await calls.finish(atMs);
      graph.finish();
      append(summary.row({ wallMs: Math.max(0, atMs - zeroMs), passed }));
    },
  };
}

/** A request that is no model call: it is counted, and nothing of it is looked at. */
const passing: ExchangeFollower = {
  requestBody() {},
  requestEnd() {},
  sent() {},
  responseHead() {},
  responseBody() {},
  bodyLost() {},
  end() {},
};
