/**
 * What was said, as digests under a key that lives as long as the run and is never stored: equal words have equal digests,
 * and nothing can be worked out of one. They stay in memory. Members in another order, and text as a string or as a part,
 * are equal. One call of a hash for each piece, because a request holds everything that was said before it.
 */
import { createHash, hash } from "node:crypto";
import { isRecord } from "../endpoint/dialects/read-json.ts";
import type { AssistantTurn, Turn } from "../endpoint/dialects/decoded-request.ts";

export interface Piece {
  digest: string;
  /** Of the strings in it, as UTF-8. */
  bytes: number;
}

export interface Digests {
  value(value: unknown): Piece;
  /** Null for a turn in which nothing was said. */
  turn(turn: Turn): Piece | null;
  assistant(): AssistantDigest;
}

/** What an assistant said, in as many pieces as it comes in; reasoning is no part of it: clients leave it out. */
export interface AssistantDigest {
  addText(text: string): void;
  /** What it said after all; null where that is nothing. What is added after this does not count. */
  end(calls: AssistantTurn["calls"]): Piece | null;
}

/** Arguments of a call that are longer are left out of its digest. */
export const longestArguments = 1024 * 1024;

/** What lies deeper in a value is left out of its digest. */
const deepest = 200;

export function createDigests(key: Uint8Array): Digests {
  const secret = Buffer.from(key).toString("base64url");
  const digestOf = (kind: string, text: string) => hash("sha256", `${secret}${kind}\n${text}`, "base64url");

  const value = (given: unknown): Piece => {
    const written = { text: "", bytes: 0 };
    write(written, given, 0);
    return { digest: digestOf("value", written.text), bytes: written.bytes };
  };

  function assistantPiece(textDigest: string, textBytes: number, calls: AssistantTurn["calls"]): Piece {
    if (calls.length === 0) return { digest: textDigest, bytes: textBytes };
    const called = value(calls.map(({ id, name, input }) => [id, name, argumentsOf(input)]));
    return { digest: digestOf("assistant", `${textDigest}\n${called.digest}`), bytes: textBytes + called.bytes };
  }

  return {
    value,
    turn(turn) {
      if (turn.by !== "assistant") return value([turn.by, turn.content]);
      const text = turn.texts.join("");
      const words = wordsOf(text);
      if (words === "" && turn.calls.length === 0) return null;
      return assistantPiece(digestOf("text", words), Buffer.byteLength(text), turn.calls);
    },
    assistant() {
      const text = createHash("sha256").update(`${secret}text\n`);
      let waiting = "";
      let said = false;
      let bytes = 0;
      return {
        addText(added) {
          bytes += Buffer.byteLength(added);
          waiting += wordsOf(added);
          said ||= waiting !== "";
          if (waiting.length < 4096) return;
          // The first half of a character waits for the second.
          const end = /[\uD800-\uDBFF]$/.test(waiting) ? -1 : waiting.length;
          text.update(waiting.slice(0, end));
          waiting = waiting.slice(end);
        },
        end(calls) {
          if (!said && calls.length === 0) return null;
          return assistantPiece(text.copy().update(waiting).digest("base64url"), bytes, calls);
        },
      };
    },
  };
}

/** White space at the ends, or where a client broke lines, does not make another reply. */
function wordsOf(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

/** Arguments come as JSON in a string, or as the value itself. */
function argumentsOf(input: unknown): unknown {
  if (typeof input !== "string") return input ?? {};
  if (input.trim() === "") return {};
  if (input.length > longestArguments) return "too long";
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** Writes a value so that no two different ones are written alike, and counts the bytes of its strings. */
function write(to: { text: string; bytes: number }, value: unknown, depth: number): void {
  if (typeof value === "string") {
    to.bytes += Buffer.byteLength(value);
    // Half of a character has no form in UTF-8; JSON has one for it.
    to.text += value.isWellFormed() ? `"${value.length}:${value}` : `'${JSON.stringify(value)}`;
  } else if (depth > deepest) {
    to.text += "~";
  } else if (Array.isArray(value)) {
    to.text += `[${value.length};`;
    for (const item of value) write(to, item, depth + 1);
  } else if (isRecord(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    to.text += `{${members.length};`;
    for (const [name, member] of members.sort(([a], [b]) => (a < b ? -1 : 1))) {
      write(to, name, depth + 1);
      write(to, member, depth + 1);
    }
  } else to.text += `=${String(value)};`;
}
