/**
 * Whether a reply calls a tool, decided so that an agent's loop comes to an end: a request that offers tools and ends
 * with the user's words gets a call of the first tool, or of the one that it names; one that ends with a tool's result
 * gets words.
 */
import type { Behaviour } from "../behaviour.ts";
import { isObject } from "./read.ts";

export interface ToolOffer {
  names: readonly string[];
  choice: "none" | "auto" | "required" | { name: string };
  /** The conversation ends with what a tool gave back. */
  answered: boolean;
}

export function chooseTool({ names, choice, answered }: ToolOffer, behaviour: Behaviour): string | null {
  const first = names[0] ?? "lookup";
  if (behaviour.sections === "tool-calls-only") return first;
  if (typeof choice === "object") return choice.name;
  if (choice === "required") return first;
  return choice === "auto" && names.length > 0 && !answered ? first : null;
}

/** Names in `[{name}]` or `[{function: {name}}]`. */
export function toolNames(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    const named = isObject(tool) && isObject(tool["function"]) ? tool["function"] : tool;
    return isObject(named) && typeof named["name"] === "string" ? [named["name"]] : [];
  });
}
