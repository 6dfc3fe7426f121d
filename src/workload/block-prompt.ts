/**
 * A prompt for a row of a trace: words, as many as the row has tokens. Equal blocks are equal words, and different ones
 * differ from their first word on, so that a prefix cache finds again what it would have found with the real text.
 */
import { seededRandom } from "../random.ts";
import { uniqueStart } from "./synthetic.ts";
import type { TraceRow } from "./trace-row.ts";
import { words } from "./words.ts";

/** @param run different in every run: what an earlier replay left in a cache is not found. `index`: the row's place. */
export function blockPrompt({ inputTokens, blocks, blockTokens }: TraceRow, run: string, index: number): string {
  const text: string[] = [];
  for (const block of blockTokens === null ? [] : blocks) {
    if (text.length >= inputTokens) break;
    append(text, Math.min(inputTokens, text.length + (blockTokens ?? 0)), `${run}/block`, block);
  }
  // What no block covers is the row's own.
  append(text, inputTokens, `${run}/row`, index);
  return text.join(" ");
}

function append(text: string[], to: number, run: string, id: number): void {
  if (text.length >= to) return;
  const random = seededRandom(run, `text ${id}`);
  for (const word of uniqueStart(run, id).slice(0, to - text.length)) text.push(word);
  while (text.length < to) text.push(words[random.integer(words.length)] as string);
}
