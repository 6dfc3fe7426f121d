/** Puts each model call into the graph, with the nodes that it brings: what is new in it, the tools that it answers. */
import type { DecodedRequest } from "../endpoint/dialects/decoded-request.ts";
import type { Interruptible } from "../interruptible.ts";
import type { ModelCall, TraceNode } from "../runs/schemas/agent-trace.ts";
import { type BusyTime, createBusyTime } from "./busy-time.ts";
import type { CalledTool } from "./called-tools.ts";
import { createConversations } from "./conversations.ts";
import type { Digests, Piece } from "./digests.ts";
import { toolName } from "./plain-names.ts";
import type { Context, Place, PlacedCall, Placement } from "./placement.ts";
import { createRecentMap } from "./recent-map.ts";
import { createToolCalls, type OpenTool } from "./tool-calls.ts";

/** A call in the graph, while its reply is awaited. */
export interface GraphCall {
  place: Pick<ModelCall, "id" | "conversation" | "parent" | "turn" | "carries" | "input_pieces">;
  /** Null where its request could not be read: then nothing can follow it. */
  call: { placed: PlacedCall; context: Context } | null;
  replied: boolean;
}

export interface CallGraph {
  readonly busy: BusyTime;
  /** `busyAtStart`: how long calls had been under way when its first byte came. */
  add(
    api: ModelCall["api"],
    request: DecodedRequest | null,
    startMs: number,
    busyAtStart: number,
  ): Interruptible<GraphCall>;
  /** Its reply is whole, as far as the agent can act on it. Once. @returns the output piece */
  reply(
    call: GraphCall,
    reply: { said: Piece | null; tools: readonly CalledTool[]; id: string | null; atMs: number },
  ): ModelCall["output_piece"];
  /** It is over. */
  end(call: GraphCall, row: ModelCall, atMs: number): void;
  /** Writes the tools that have no result. */
  finish(): void;
}

export function createCallGraph(digests: Digests, zeroMs: number, append: (node: TraceNode) => void): CallGraph {
  const conversations = createConversations(digests);
  const idOf = (id: string) => digests.value(["tool", id]).digest;
  const tools = createToolCalls(idOf);
  const busy = createBusyTime();
  /** By the call that they repeat, which is not over: how it ends is theirs to tell. */
  const waiting = new Map<PlacedCall, ((ending: Ending) => void)[]>();
  /** Of conversations that began within a tool of another: how many they are within. */
  const depths = createRecentMap<number, number>(10_000);
  let nodes = 0;
  let conversationCount = 0;
  const since = (ms: number) => microseconds(ms - zeroMs);

  function writeTool(tool: OpenTool, result: { bytes: number; kind: ToolKind; atMs: number; busyMs: number } | null) {
    const wallMs = result === null ? null : Math.max(0, result.atMs - tool.startMs);
    const waitedMs = result === null ? 0 : result.busyMs - tool.busyAtStart;
    append({
      event: "node",
      id: tool.node,
      conversation: tool.conversation,
      parent: tool.asker.node,
      kind: "tool_call",
      name: toolName(tool.name),
      argument_bytes: tool.argumentBytes,
      start_ms: since(tool.startMs),
      end_ms: result === null || wallMs === null ? null : since(tool.startMs + wallMs),
      wall_ms: wallMs === null ? null : microseconds(wallMs),
      stall_ms: wallMs === null ? null : microseconds(Math.min(wallMs, Math.max(0, wallMs - waitedMs))),
      result_bytes: result?.bytes ?? null,
      result_kind: result?.kind ?? null,
    });
  }

  /** Closes the tools whose results are new with this call. @returns their nodes */
  function closeTools(news: Placement["news"], after: PlacedCall | null, atMs: number, busyMs: number): number[] {
    const results = news.flatMap(({ turn }) => (turn.by === "assistant" ? [] : turn.results));
    return results.flatMap((result) => {
      const tool = tools.close(result, after);
      if (tool === null) return [];
      writeTool(tool, { bytes: result.bytes, kind: result.kind, atMs, busyMs });
      return [tool.node];
    });
  }

  /** The call that asked for the tools whose results are the request's last words. */
  function askerOf({ turns }: DecodedRequest): PlacedCall | null {
    const last = turns.at(-1);
    const [result] = last === undefined || last.by === "assistant" ? [] : last.results;
    return result === undefined ? null : tools.askerOf(result);
  }

  /** The node that says why a call does not simply go on, and that it then follows. */
  function writeTurning({ place }: Placement, startMs: number): number | null {
    const common = { event: "node" as const, id: nodes, start_ms: since(startMs) };
    if (place.kind === "branches") {
      const parent = place.call?.node ?? place.of;
      const { of, conversation, sharedPieces: shared_pieces } = place;
      append({ ...common, conversation, parent, kind: "branch", of, shared_pieces });
      return nodes++;
    }
    if (place.kind !== "repeats") return null;
    const { node: of, conversation } = place.call;
    whenOver(place.call, ({ status: after, atMs }) =>
      append({ ...common, conversation, parent: of, kind: "retry", of, after, delay_ms: microseconds(startMs - atMs) }),
    );
    return nodes++;
  }

  function whenOver(call: PlacedCall, write: (ending: Ending) => void): void {
    if (call.ended !== null) write(call.ended);
    else waiting.set(call, [...(waiting.get(call) ?? []), write]);
  }

  function writeSystem(
    request: DecodedRequest,
    bytes: number,
    at: { conversation: number; parent: number | null; start_ms: number },
  ) {
    append({ event: "node", id: nodes, ...at, kind: "system", bytes, tools: request.toolsOffered });
    return nodes++;
  }

  function writeUserInput(
    news: Placement["news"],
    at: { conversation: number; parent: number | null; start_ms: number },
  ) {
    const said = news.filter(({ turn }) => turn.by === "user");
    if (said.length === 0) return null;
    const bytes = said.reduce((sum, { bytes: more }) => sum + more, 0);
    append({ event: "node", id: nodes, ...at, kind: "user_input", messages: said.length, bytes });
    return nodes++;
  }

  /** A conversation that begins while a tool runs is taken to have begun within it. */
  function whereOf(place: Place): { conversation: number; before: number | null } {
    if (place.kind === "begins") return begin();
    if (place.kind === "branches") return { conversation: place.conversation, before: place.call?.node ?? place.of };
    return { conversation: place.call.conversation, before: place.call.node };
  }

  function begin(): { conversation: number; before: number | null } {
    const conversation = conversationCount++;
    const tool = tools.around();
    const depth = tool === null ? 0 : (depths.get(tool.conversation) ?? 0) + 1;
    // Beyond that it is no agent of an agent, but tools that nobody ever answers.
    if (tool === null || depth > deepestNesting) return { conversation, before: null };
    depths.set(conversation, depth);
    return { conversation, before: tool.node };
  }

  function addUnread(): GraphCall {
    const { conversation, before: parent } = begin();
    const place = { id: nodes++, conversation, parent, turn: 0, carries: [], input_pieces: [] };
    return { place, call: null, replied: false };
  }

  return {
    busy,
    *add(api, request, startMs, busyAtStart) {
      if (request === null) return addUnread();
      const placement = yield* conversations.place(api, request, askerOf(request));
      const { place, news, newSystemBytes, context } = placement;
      const after = place.kind === "begins" || place.kind === "repeats" ? null : place.call;
      const closed = closeTools(news, after, startMs, busyAtStart);
      if (after !== null) tools.passOver(after);
      const { conversation, before } = whereOf(place);
      const at = { conversation, parent: before, start_ms: since(startMs) };
      const system = newSystemBytes === null ? null : writeSystem(request, newSystemBytes, at);
      const userInput = writeUserInput(news, at);
      const turning = writeTurning(placement, startMs);
      const id = nodes++;
      const placed = yield* placement.settle(id, conversation);
      const added: GraphCall = {
        place: {
          id,
          conversation,
          parent: turning ?? before,
          turn: placed.turn,
          carries: [...closed, system, userInput].filter((node) => node !== null),
          input_pieces: [...context.pieces],
        },
        call: { placed, context },
        replied: false,
      };
      return added;
    },
    reply(added, { said, tools: called, id, atMs }) {
      added.replied = true;
      if (added.call === null) return null;
      const { placed, context } = added.call;
      const busyAtStart = busy.until(atMs);
      for (const tool of called) {
        const { conversation } = placed;
        const opened = openTool(tool, { node: nodes++, conversation, asker: placed, startMs: atMs, busyAtStart });
        const letGo = tools.open(opened);
        if (letGo !== null) writeTool(letGo, null);
      }
      return conversations.reply(placed, context, { said, id });
    },
    end({ call }, row, atMs) {
      append(row);
      if (call === null) return;
      const { placed } = call;
      placed.ended = { status: row.status, atMs };
      for (const write of waiting.get(placed) ?? []) write(placed.ended);
      waiting.delete(placed);
    },
    finish() {
      for (const tool of tools.rest()) writeTool(tool, null);
    },
  };

  function openTool(
    { id, name, bytes }: CalledTool,
    rest: Pick<OpenTool, "node" | "conversation" | "asker" | "startMs" | "busyAtStart">,
  ): OpenTool {
    return { ...rest, id: id === null ? null : idOf(id), name, argumentBytes: bytes, children: 0, passedOver: false };
  }
}

const deepestNesting = 8;

type Ending = NonNullable<PlacedCall["ended"]>;

type ToolKind = NonNullable<Extract<TraceNode, { kind: "tool_call" }>["result_kind"]>;

/** Whole microseconds, in milliseconds: finer is below what the clock and the event loop can tell. */
export function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
