/** Tool calls from the reply that asked for them to the request that carries their result. */
import type { ToolResult } from "../endpoint/dialects/decoded-request.ts";
import type { PlacedCall } from "./placement.ts";

export interface OpenTool {
  node: number;
  conversation: number;
  /** The model call that asked. */
  asker: PlacedCall;
  /** The call's id as a digest; null where the API has none. */
  id: string | null;
  name: string | null;
  argumentBytes: number;
  startMs: number;
  /** How long some model call had been under way by then. */
  busyAtStart: number;
  /** Conversations that began while it was open. */
  children: number;
  /** Its conversation went on without it: what begins now does not begin within it. */
  passedOver: boolean;
}

export interface ToolCalls {
  open(tool: OpenTool): void;
  /** The tool that a result is of: one that `asker` asked for where there is one. It is open no longer. */
  close(result: ToolResult, asker: PlacedCall | null): OpenTool | null;
  /** The call that asked for a tool with this id, where only one did. */
  askerOf(result: ToolResult): PlacedCall | null;
  /** The call was continued: what it asked for and has no result by now is passed over. */
  passOver(asker: PlacedCall): void;
  /** The open tool within which a conversation begins. */
  around(): OpenTool | null;
  /** All that are open. */
  rest(): OpenTool[];
}

export function createToolCalls(idOf: (id: string) => string): ToolCalls {
  const open = new Set<OpenTool>();
  const byId = new Map<string, OpenTool[]>();
  const remove = (tool: OpenTool) => {
    open.delete(tool);
    if (tool.id === null) return;
    const rest = (byId.get(tool.id) ?? []).filter((other) => other !== tool);
    if (rest.length === 0) byId.delete(tool.id);
    else byId.set(tool.id, rest);
  };
  return {
    open(tool) {
      open.add(tool);
      if (tool.id !== null) byId.set(tool.id, [...(byId.get(tool.id) ?? []), tool]);
    },
    close({ callId }, asker) {
      const candidates =
        callId === null
          ? [...open].filter((tool) => tool.id === null && tool.asker === asker)
          : (byId.get(idOf(callId)) ?? []);
      // An id that several calls have is of the one that this conversation asked for.
      const tool = candidates.find((one) => one.asker === asker) ?? candidates.at(-1) ?? null;
      if (tool !== null) remove(tool);
      return tool;
    },
    askerOf({ callId }) {
      const [tool, ...others] = callId === null ? [] : (byId.get(idOf(callId)) ?? []);
      return tool === undefined || others.length > 0 ? null : tool.asker;
    },
    passOver(asker) {
      for (const tool of open) if (tool.asker === asker) tool.passedOver = true;
    },
    around() {
      const running = [...open].filter(({ passedOver }) => !passedOver);
      const latest = running.at(-1)?.asker;
      // Of calls made side by side each is taken to have begun one before any begins a second.
      const beside = running.filter(({ asker }) => asker === latest);
      const tool = beside.toSorted((a, b) => a.children - b.children)[0] ?? null;
      if (tool !== null) tool.children++;
      return tool;
    },
    rest: () => [...open],
  };
}
