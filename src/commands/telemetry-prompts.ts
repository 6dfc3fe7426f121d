/**
 * The prompts that a run kept, for the one person who asked for them. What the user and the system said is let through,
 * and nothing else: what a model answered, what a tool was given or gave back, and what is not text are counted only.
 */
import type { PromptShown } from "../posture/payload-verification.ts";
import { artifact } from "../runs/artifacts.ts";
import { readRows } from "../runs/row-reader.ts";
import { type TextRow, textRowSchema } from "../runs/schemas/text.ts";

/** In the order of the file. Empty when there is none. */
export async function readPrompts(directory: string): Promise<PromptShown[]> {
  const { rows } = await readRows(directory, artifact.text, textRowSchema);
  return rows.map(({ id, prompt }) => {
    const parts = prompt.kind === "text" ? [prompt.text] : prompt.messages.flatMap(partsOf);
    const texts = parts.filter((part) => part !== null);
    return { id, texts, left_out: parts.length - texts.length };
  });
}

type Message = Extract<TextRow["prompt"], { kind: "messages" }>["messages"][number];

/** Null for a part that is not to be shown. */
function partsOf({ role, content }: Message): (string | null)[] {
  if (typeof role !== "string" || !["system", "developer", "user"].includes(role)) return [null];
  if (typeof content === "string") return [content];
  return Array.isArray(content) ? content.map(textOf) : [null];
}

function textOf(part: unknown): string | null {
  if (typeof part !== "object" || part === null || !("type" in part) || !("text" in part)) return null;
  return ["text", "input_text"].includes(part.type as string) && typeof part.text === "string" ? part.text : null;
}
