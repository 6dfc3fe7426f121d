/** Tones as ANSI colours (SGR). Text is never told apart by its colour alone. */
import type { Tone } from "./model.ts";

const codes: Record<Tone, string> = { strong: "1", good: "32", warn: "33", bad: "31", faint: "2" };

export function paint(text: string, tone: Tone | undefined, colour: boolean): string {
  // Spaces around the text stay outside, so that a line's end can still be trimmed.
  const body = text.trim();
  if (!colour || tone === undefined || body === "") return text;
  return text.replace(body, () => `\x1b[${codes[tone]}m${body}\x1b[0m`);
}

/** The text without what `paint` put on it. */
export function unpainted(text: string): string {
  return text.replaceAll(/\x1b\[\d+m/g, "");
}
