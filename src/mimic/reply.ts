/**
 * What the mimic says: seeded words, cut into sections (reasoning, content, a tool call). A token is one piece of text,
 * so a reply can be streamed token by token in any grouping and always gives the same whole.
 */
import { createHash } from "node:crypto";
import { seededRandom } from "../random.ts";
import type { ReplySections } from "./behaviour.ts";

export type SectionKind = "reasoning" | "content" | "tool_call";

export interface Section {
  kind: SectionKind;
  /** The text that each token adds. A tool call's first token stands for its name and adds none. */
  texts: readonly string[];
  /** The function's name, of a tool call. */
  name: string | null;
}

export interface Reply {
  /** 32 hexadecimal digits, unique among the replies of one mimic. */
  id: string;
  created: number;
  sections: readonly Section[];
  outputTokens: number;
  reasoningTokens: number;
}

/** Consecutive tokens of one section. */
export interface Piece {
  section: Section;
  text: string;
  /** It begins or ends its section. */
  first: boolean;
  last: boolean;
  tokens: number;
}

export interface ReplyRequest {
  /** Names the prompt: the same key gives the same words. */
  key: string;
  /** How many requests with this key came before. */
  occurrence: number;
  outputTokens: number;
  sections: ReplySections;
  /** The function to call, for a tool call. */
  tool: string | null;
  words: readonly string[];
}

export function createReply(request: ReplyRequest): Reply {
  const { key, outputTokens, words, tool } = request;
  const random = seededRandom(key, "words");
  const said = Array.from({ length: outputTokens }, () => words[random.integer(words.length)] ?? "");
  const reasoningTokens = reasoningShare(request.sections, outputTokens);
  const sections: Section[] = [];
  if (reasoningTokens > 0) sections.push(spoken("reasoning", said.slice(0, reasoningTokens)));
  const rest = said.slice(reasoningTokens);
  if (rest.length > 0)
    sections.push(
      tool === null ? spoken("content", rest) : { kind: "tool_call", texts: argumentTexts(rest), name: tool },
    );
  const identity = digest(`${key}/${request.occurrence}`);
  const created = 1_750_000_000 + (Number.parseInt(identity.slice(32, 40), 16) % 1_000_000);
  return { id: identity.slice(0, 32), created, sections, outputTokens, reasoningTokens };
}

/** Tokens [from, from + count) as pieces, one per section that they touch. */
export function piecesOf(reply: Reply, from: number, count: number): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const section of reply.sections) {
    const begin = Math.max(0, from - start);
    const end = Math.min(section.texts.length, from + count - start);
    start += section.texts.length;
    if (begin >= end) continue;
    const text = section.texts.slice(begin, end).join("");
    pieces.push({ section, text, first: begin === 0, last: end === section.texts.length, tokens: end - begin });
  }
  return pieces;
}

/** A key for a request: the seed, where it was sent and its body. */
export function replyKey(seed: number | string, path: string, body: string): string {
  return digest(`${seed}\n${path}\n${body}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function reasoningShare(sections: ReplySections, outputTokens: number): number {
  if (sections === "reasoning-only") return outputTokens;
  return sections === "reasoning-then-content" ? Math.floor(outputTokens / 2) : 0;
}

function spoken(kind: "reasoning" | "content", words: readonly string[]): Section {
  return { kind, texts: words.map((word, i) => (i === 0 ? word : ` ${word}`)), name: null };
}

/** The name, then `{"query": "`, the words and `"}`: valid JSON whenever there are two tokens or more. */
function argumentTexts(words: readonly string[]): string[] {
  if (words.length < 4) return ["", "{}", "\n"].slice(0, words.length);
  const inner = words.slice(2, -1).map((word, i) => (i === 0 ? word : ` ${word}`));
  return ["", '{"query": "', ...inner, '"}'];
}
