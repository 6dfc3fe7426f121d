/** One item of a response's output (a message, reasoning or a function call) and the events that build it. */
import type { Section } from "../reply.ts";
import type { Finish, JsonObject } from "./api.ts";

type NamedEvent = readonly [type: string, more: JsonObject];

export interface ItemState {
  opening(): NamedEvent[];
  delta(text: string): NamedEvent;
  closing(finish: Finish): NamedEvent[];
  /** The finished item. */
  done(finish: Finish): JsonObject;
}

export function responsesItem(replyId: string, section: Section, index: number): ItemState {
  return section.kind === "tool_call" ? functionCall(replyId, section, index) : spokenItem(replyId, section, index);
}

function spokenItem(replyId: string, section: Section, index: number): ItemState {
  const reasoning = section.kind === "reasoning";
  const id = `${reasoning ? "rs" : "msg"}_${replyId.slice(0, 30)}${index.toString(16).padStart(2, "0")}`;
  const name = reasoning ? "response.reasoning_text" : "response.output_text";
  const place = { item_id: id, output_index: index, content_index: 0 };
  const text = section.texts.join("");
  const part = (content: string) =>
    reasoning
      ? { type: "reasoning_text", text: content }
      : { type: "output_text", text: content, annotations: [], logprobs: [] };
  const item = (status: string, content: readonly JsonObject[]) =>
    reasoning
      ? { id, type: "reasoning", status, summary: [], content }
      : { id, type: "message", status, role: "assistant", content };
  const done = (finish: Finish) => item(finish === "length" ? "incomplete" : "completed", [part(text)]);
  return {
    opening: () => [
      ["response.output_item.added", { output_index: index, item: item("in_progress", []) }],
      ["response.content_part.added", { ...place, part: part("") }],
    ],
    delta: (delta) => [`${name}.delta`, reasoning ? { ...place, delta } : { ...place, delta, logprobs: [] }],
    closing: (finish) => [
      [`${name}.done`, reasoning ? { ...place, text } : { ...place, text, logprobs: [] }],
      ["response.content_part.done", { ...place, part: part(text) }],
      ["response.output_item.done", { output_index: index, item: done(finish) }],
    ],
    done,
  };
}

function functionCall(replyId: string, section: Section, index: number): ItemState {
  const id = `fc_${replyId.slice(0, 30)}${index.toString(16).padStart(2, "0")}`;
  const place = { item_id: id, output_index: index };
  const text = section.texts.join("");
  const item = (status: string, args: string) => ({
    ...{ id, type: "function_call", status, call_id: `call_${replyId.slice(0, 24)}` },
    ...{ name: section.name, arguments: args },
  });
  const done = () => item("completed", text);
  return {
    opening: () => [["response.output_item.added", { output_index: index, item: item("in_progress", "") }]],
    delta: (delta) => ["response.function_call_arguments.delta", { ...place, delta }],
    closing: () => [
      ["response.function_call_arguments.done", { ...place, name: section.name, arguments: text }],
      ["response.output_item.done", { output_index: index, item: done() }],
    ],
    done,
  };
}
