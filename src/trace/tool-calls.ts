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
  /** @returns the oldest that is open, where too many are: it is open no longer */
  open(tool: OpenTool): OpenTool | null;
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

/** Of tools whose results never come, no more than this are waited for. */
const mostOpen = 10_000;

export function createToolCalls(idOf: (id: string) => string): ToolCalls {
  const open = new Set<OpenTool>();
  const byId = new Map<string, OpenTool[]>();
  const byAsker = new Map<PlacedCall, OpenTool[]>();
  /** In the order in which they began. Some are over: those at its end are taken off when they are met. */
  let running: OpenTool[] = [];

  const isRunning = (tool: OpenTool) => open.has(tool) && !tool.passedOver;
  const remove = (tool: OpenTool) => {
    open.delete(tool);
    if (tool.id !== null) takeOff(byId, tool.id, tool);
    takeOff(byAsker, tool.asker, tool);
  };

  return {
    open(tool) {
      open.add(tool);
      if (tool.id !== null) putOn(byId, tool.id, tool);
      putOn(byAsker, tool.asker, tool);
      running.push(tool);
      if (running.length > 2 * mostOpen) running = running.filter(isRunning);
      const [oldest] = open;
      if (open.size <= mostOpen || oldest === undefined) return null;
      remove(oldest);
      return oldest;
    },
    close({ callId }, asker) {
      const asked = asker === null ? [] : (byAsker.get(asker) ?? []);
      const candidates = callId === null ? asked.filter(({ id }) => id === null) : (byId.get(idOf(callId)) ?? []);
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
      for (const tool of byAsker.get(asker) ?? []) tool.passedOver = true;
    },
    around() {
      for (let last = running.at(-1); last !== undefined && !isRunning(last); last = running.at(-1)) running.pop();
      const latest = running.at(-1)?.asker;
      const beside = latest === undefined ? [] : (byAsker.get(latest) ?? []).filter(isRunning);
      // Of calls made side by side each is taken to have begun one before any begins a second.
      const tool = beside.toSorted((a, b) => a.children - b.children)[0] ?? null;
      if (tool !== null) tool.children++;
      return tool;
    },
    rest: () => [...open],
  };
}

function putOn<Key>(lists: Map<Key, OpenTool[]>, key: Key, tool: OpenTool): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [tool]);
  else list.push(tool);
}

function takeOff<Key>(lists: Map<Key, OpenTool[]>, key: Key, tool: OpenTool): void {
  const rest = (lists.get(key) ?? []).filter((other) => other !== tool);
  if (rest.length === 0) lists.delete(key);
  else lists.set(key, rest);
}
