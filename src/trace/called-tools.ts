/** The tools that a reply calls, put together from the pieces in which a stream gives them. */
import type { ToolPart } from "../endpoint/dialects/dialect.ts";
import { longestArguments } from "./digests.ts";

export interface CalledTool {
  id: string | null;
  name: string | null;
  /** Of the arguments, also where they are too long to be kept. */
  bytes: number;
  /** Cut where it is longer than the longest that is compared. */
  arguments: string;
}

export interface CalledTools {
  readonly calls: readonly CalledTool[];
  add(part: ToolPart): void;
}

/** More than any reply has: what comes after is not looked at. */
const mostCalls = 1024;

export function createCalledTools(): CalledTools {
  const calls: CalledTool[] = [];
  const current = new Map<number, CalledTool>();
  return {
    calls,
    add({ index, id, name, text, whole }) {
      let call = current.get(index);
      // Some servers number every call of a reply alike: then a new id begins a new one.
      if (call === undefined || (id !== null && call.id !== null && id !== call.id)) {
        if ((id === null && name === null) || calls.length === mostCalls) return;
        call = { id, name, bytes: 0, arguments: "" };
        current.set(index, call);
        calls.push(call);
      }
      call.id ??= id;
      call.name ??= name;
      if (whole) {
        call.bytes = 0;
        call.arguments = "";
      }
      call.bytes += Buffer.byteLength(text);
      if (call.arguments.length <= longestArguments) call.arguments += text;
    },
  };
}
