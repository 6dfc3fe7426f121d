/**
 * The mimic's tokenizer: every run of letters, digits, marks and underscores is a token, and every other visible
 * character is one. It is no real model's, but it is fixed, documented and the same for prompts and replies, so that
 * whatever the mimic says counts again as what it said when it comes back in the next turn.
 */

export function tokenise(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu) ?? [];
}

export interface TemplateMessage {
  role: string;
  text: string;
}

/** A conversation as tokens: two marks around each message and one that opens the reply. */
export function chatTokens(messages: readonly TemplateMessage[]): string[] {
  const tokens: string[] = [];
  for (const { role, text } of messages) {
    tokens.push(`<|${role}|>`);
    for (const token of tokenise(text)) tokens.push(token);
    tokens.push("<|end|>");
  }
  tokens.push("<|assistant|>");
  return tokens;
}

/** A hash for each full block, over everything up to its end: 53 bits of two 32-bit FNV-1a hashes. */
export function blockHashes(tokens: readonly string[], blockTokens: number): number[] {
  const hashes: number[] = [];
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  tokens.forEach((token, i) => {
    for (let at = 0; at <= token.length; at++) {
      // The position past the end stands for a separator: "ab","c" is not "a","bc".
      const code = at < token.length ? token.charCodeAt(at) : 0x1f;
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ (code + 0x9e37), 0x01000193);
    }
    if ((i + 1) % blockTokens === 0) hashes.push((low >>> 0) + (high & 0x1fffff) * 0x100000000);
  });
  return hashes;
}
