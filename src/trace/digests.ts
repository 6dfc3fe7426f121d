/**
 * What was said, as digests under a key that lives as long as the run and is never stored: equal words have equal digests,
 * and nothing can be worked out of one. They stay in memory. Members in another order, and text as a string or as a part,
 * are equal. One call of a hash for each piece, because a request holds everything that was said before it.
 */
import { createHash, hash } from "node:crypto";
import { type Interruptible, runToEnd } from "../interruptible.ts";
import type { AssistantTurn, Turn } from "../endpoint/dialects/decoded-request.ts";

export interface Piece {
  digest: string;
  /** Of the strings in it, as UTF-8. */
  bytes: number;
}

export interface Digests {
  /** Of what is short. */
  value(value: unknown): Piece;
  longValue(value: unknown): Interruptible<Piece>;
  /** Null for a turn in which nothing was said. */
  turn(turn: Turn): Interruptible<Piece | null>;
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

/** What is hashed at once: some tenths of a millisecond. */
const longestHashed = 64 * 1024;

/** What lies deeper in a value is left out of its digest. */
const deepest = 200;

export function createDigests(key: Uint8Array): Digests {
  const secret = Buffer.from(key).toString("base64url");
  const digestOf = (kind: string, text: string) => hash("sha256", `${secret}${kind}\n${text}`, "base64url");

  function* longDigestOf(kind: string, text: string): Interruptible<string> {
    if (text.length <= longestHashed) return digestOf(kind, text);
    const hashed = createHash("sha256").update(`${secret}${kind}\n`);
    for (const piece of piecesOf(text)) {
      hashed.update(piece);
      yield;
    }
    return hashed.digest("base64url");
  }

  function* longValue(given: unknown): Interruptible<Piece> {
    const written = { text: "", bytes: 0 };
    yield* write(written, given, 0);
    return { digest: yield* longDigestOf("value", written.text), bytes: written.bytes };
  }

  const value = (given: unknown): Piece => runToEnd(longValue(given));

  function assistantPiece(textDigest: string, textBytes: number, calls: AssistantTurn["calls"]): Piece {
    if (calls.length === 0) return { digest: textDigest, bytes: textBytes };
    const called = value(calls.map(({ id, name, input }) => [id, name, argumentsOf(input)]));
    return { digest: digestOf("assistant", `${textDigest}\n${called.digest}`), bytes: textBytes + called.bytes };
  }

  return {
    value,
    longValue,
    *turn(turn) {
      if (turn.by !== "assistant") return yield* longValue([turn.by, turn.content]);
      const text = turn.texts.join("");
      let words = "";
      for (const piece of piecesOf(text)) {
        words += wordsOf(piece);
        if (piece.length < text.length) yield;
      }
      if (words === "" && turn.calls.length === 0) return null;
      return assistantPiece(yield* longDigestOf("text", words), Buffer.byteLength(text), turn.calls);
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

/** No character is cut in two. */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0, end = 0; from < text.length; from = end) {
    end = from + longestHashed;
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
    yield text.slice(from, end);
  }
}

interface Written {
  text: string;
  bytes: number;
}

/** Writes a value so that no two different ones are written alike, and counts the bytes of its strings. */
function* write(to: Written, value: unknown, depth: number): Interruptible<void> {
  if (typeof value !== "object" || value === null) return writeSimple(to, value);
  if (depth > deepest) {
    to.text += "~";
    return;
  }
  if (Array.isArray(value)) {
    to.text += `[${value.length};`;
    for (const [index, item] of value.entries()) {
      if (index % 256 === 255) yield;
      if (typeof item === "object") yield* write(to, item, depth + 1);
      else writeSimple(to, item);
    }
    return;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  to.text += `{${members.length};`;
  for (const [name, member] of members.sort(([a], [b]) => (a < b ? -1 : 1))) {
    writeSimple(to, name);
    if (typeof member === "object") yield* write(to, member, depth + 1);
    else writeSimple(to, member);
  }
}

function writeSimple(to: Written, value: unknown): void {
  if (typeof value === "string") {
    to.bytes += Buffer.byteLength(value);
    // Half of a character has no form in UTF-8; JSON has one for it.
    to.text += value.isWellFormed() ? `"${value.length}:${value}` : `'${JSON.stringify(value)}`;
  } else to.text += `=${String(value)};`;
}
