/** Follows model calls: each one's request into the graph, and its reply to its row. */
import type { DecodedRequest } from "../endpoint/dialects/decoded-request.ts";
import { type Interruptible, runFor, runToEnd } from "../interruptible.ts";
import { mimicServer } from "../endpoint/dialects/mimic-server.ts";
import { type ReadApi, readers } from "../endpoint/dialects/readers.ts";
import { workInSlices } from "../net/read-queue.ts";
import type { ModelCall } from "../runs/schemas/agent-trace.ts";
import type { TextRow } from "../runs/schemas/text.ts";
import type { BodyMemory } from "./body-buffer.ts";
import type { CallGraph, GraphCall } from "./call-graph.ts";
import { outcomeOf } from "./call-outcome.ts";
import { callRow } from "./call-row.ts";
import type { Digests } from "./digests.ts";
import type { ExchangeEnd, ExchangeFollower, RequestHead } from "./exchange.ts";
import { type FollowedReply, followReply } from "./followed-reply.ts";
import { followRequest } from "./followed-request.ts";

export interface FollowedCalls {
  readonly metMimic: boolean;
  begin(api: ReadApi, head: RequestHead): ExchangeFollower;
  /** Ends what is under way, and waits for what is still to be read. */
  finish(atMs: number): Promise<void>;
}

/** A call that has not ended. */
interface OpenCall {
  /** The agent may have gone on from its reply by then. */
  settleIfFinished(byMs: number): void;
  stop(atMs: number): void | Promise<void>;
}

export function createFollowedCalls(options: {
  digests: Digests;
  graph: CallGraph;
  memory: BodyMemory;
  zeroMs: number;
  appendText: ((row: TextRow) => void) | null;
}): FollowedCalls {
  const { digests, graph, memory, zeroMs, appendText } = options;
  const keepText = appendText !== null;
  let metMimic = false;
  const open = new Set<OpenCall>();
  /** Requests that are being placed, and calls that are over and wait for those or are still being decompressed. */
  const unfinished = new Set<Promise<void>>();

  /** Others wait for it; that it fails is for who asked. */
  function keep(work: Promise<void>): Promise<void> {
    const over = work
      .catch(() => {})
      .then(() => {
        unfinished.delete(over);
      });
    unfinished.add(over);
    return work;
  }

  /**
   * What is short at once and what is long in slices; but after what came before and is not finished, because what comes
   * next may go on from it.
   */
  function inTurn(run: () => Interruptible<void>): void | Promise<void> {
    if (unfinished.size > 0) return keep(Promise.all(unfinished).then(() => workInSlices(run())));
    const work = run();
    if (!runFor(work, stepsAtOnce)) return keep(workInSlices(work));
  }

  function begin(api: ReadApi, head: RequestHead): ExchangeFollower {
    graph.busy.begin(head.atMs);
    const busyAtStart = graph.busy.until(head.atMs);
    const request = followRequest(api, head, memory, keepText);
    const said = digests.assistant();
    const reply = followReply({ replies: readers[api].replies, said, memory, keepText });
    let decoded: DecodedRequest | null = null;
    let placed: GraphCall | null = null;
    let requestEndMs: number | null = null;
    let sentMs: number | null = null;
    let outputPiece: ModelCall["output_piece"] = null;

    function* place(): Interruptible<GraphCall> {
      for (const other of open) other.settleIfFinished(requestEndMs ?? Infinity);
      if (requestEndMs === null) request.drop();
      else decoded = yield* request.read();
      placed = yield* graph.add(api, decoded, head.atMs, busyAtStart);
      return placed;
    }

    function settle(atMs: number): void {
      if (placed === null || placed.replied || reply.failed) return;
      const calls = reply.tools.calls.map(({ id, name, arguments: input }) => ({ id, name, input }));
      outputPiece = graph.reply(placed, { said: said.end(calls), tools: reply.tools.calls, id: reply.replyId, atMs });
    }

    function write(end: ExchangeEnd, atMs: number): void {
      const at = placed ?? runToEnd(place());
      const outcome = outcomeOf(reply, end, decoded?.stream ?? false);
      const endMs = end.by !== "complete" && reply.endedMs !== null ? reply.endedMs : atMs;
      if (outcome.status === "ok") settle(reply.endedMs ?? reply.finishedMs ?? endMs);
      const { bytes: requestBytes, notUnderstood: requestNotUnderstood } = request;
      // oxfmt-ignore
      const row = callRow(
        {
          api, place: at.place, request: decoded, requestNotUnderstood, requestBytes,
          startMs: head.atMs, requestEndMs, sentMs, endMs, reply, outputPiece, outcome,
        },
        zeroMs,
      );
      graph.end(at, row, endMs);
      if (appendText !== null && request.prompt !== null)
        appendText({ id: row.id, prompt: request.prompt, output: outputText(reply) });
    }

    function finish(end: ExchangeEnd, atMs: number): void | Promise<void> {
      if (!open.delete(call)) return;
      const rest = reply.end(end.by === "complete");
      if (rest === undefined && unfinished.size === 0) {
        write(end, atMs);
        graph.busy.end(atMs);
        return;
      }
      graph.busy.end(atMs);
      return keep(Promise.all([rest, ...unfinished]).then(() => write(end, atMs)));
    }

    const call: OpenCall = {
      settleIfFinished(byMs) {
        if (reply.finishedMs !== null && reply.finishedMs <= byMs) settle(reply.endedMs ?? reply.finishedMs);
      },
      stop: (atMs) => finish({ by: "proxy", error: "cancelled" }, atMs),
    };
    open.add(call);

    return {
      requestBody: (bytes) => request.body(bytes),
      requestEnd(atMs) {
        requestEndMs = atMs;
        return inTurn(function* () {
          yield* place();
        });
      },
      sent(atMs) {
        sentMs ??= atMs;
      },
      responseHead(status, headers, atMs) {
        metMimic ||= headers.get("server") === mimicServer;
        reply.head(status, headers, atMs);
      },
      responseBody: (bytes, atMs) => reply.body(bytes, atMs),
      bodyLost(of, bytes) {
        if (of === "request") request.lost(bytes);
        else reply.lost(bytes);
      },
      end: finish,
    };
  }

  return {
    get metMimic() {
      return metMimic;
    },
    begin,
    async finish(atMs) {
      const stopped = [...open].map((call) => call.stop(atMs));
      await Promise.all([...stopped, ...unfinished]);
    },
  };
}

/** The pieces and messages of a short request: ten milliseconds at the most. */
const stepsAtOnce = 32;

/** A line for each tool that is called, after what is said. */
function outputText({ text, tools }: FollowedReply): string {
  return [text, ...tools.calls.map(({ name, arguments: input }) => `${name ?? ""} ${input}`)].join("\n");
}
