/**
 * What was said, as digests under a key that lives as long as the run and is never stored: equal words have equal digests,
 * and nothing can be worked out of one. Members in another order, and text as a string or as a part, are equal.
 */
import { createHmac } from "node:crypto";
import { isRecord } from "../endpoint/dialects/read-json.ts";
import type { AssistantTurn, OtherTurn, Turn } from "../endpoint/dialects/decoded-request.ts";

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
  /** Of everything up to and with a piece. */
  chain(before: string, piece: Piece): string;
}

/** Arguments of a call that are longer are left out of its digest. */
export const longestArguments = 1024 * 1024;

/** What lies deeper in a value is left out of its digest. */
const deepest = 200;

export function createDigests(key: Uint8Array): Digests {
  const keyed = (kind: string) => createHmac("sha256", key).update(`${kind}\n`);

  const value = (given: unknown): Piece => {
    const hash = keyed("value");
    return { bytes: addValue(hash, given, 0), digest: hash.digest("base64url") };
  };

  const assistant = (): AssistantDigest => {
    const text = keyed("text");
    const calls = keyed("calls");
    let said = false;
    let ended = false;
    let bytes = 0;
    return {
      addText(added) {
        if (ended) return;
        // White space at the ends, or where a client broke lines, does not make another reply.
        const words = added.replaceAll(/\s+/g, "");
        bytes += Buffer.byteLength(added);
        if (words === "") return;
        said = true;
        // A character whose two halves come apart is the same as one that came whole: not so in UTF-8.
        text.update(words, "utf16le");
      },
      addCall({ id, name, input }) {
        said = true;
        bytes += addValue(calls, [id, name, argumentsOf(input)], 0);
      },
      end() {
        ended = true;
        if (!said) return null;
        return { bytes, digest: keyed("assistant").update(text.digest()).update(calls.digest()).digest("base64url") };
      },
    };
  };

  return {
    value,
    assistant,
    turn: (turn) => (turn.by === "assistant" ? ofAssistant(assistant(), turn) : ofOther(value, turn)),
    chain: (before, piece) => keyed("chain").update(before).update("\n").update(piece.digest).digest("base64url"),
  };
}

/** What an assistant said, in as many pieces as it comes in; reasoning is no part of it: clients leave it out. */
export interface AssistantDigest {
  addText(text: string): void;
  addCall(call: AssistantTurn["calls"][number]): void;
  /** Once. What is added after that does not count. */
  end(): Piece | null;
}

function ofAssistant(digest: AssistantDigest, { texts, calls }: AssistantTurn): Piece | null {
  for (const text of texts) digest.addText(text);
  for (const call of calls) digest.addCall(call);
  return digest.end();
}

function ofOther(value: Digests["value"], { by, content }: OtherTurn): Piece {
  return value([by, content]);
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

type KeyedHash = ReturnType<typeof createHmac>;

/** Adds a value so that no two different ones add the same. @returns the bytes of its strings */
function addValue(hash: KeyedHash, value: unknown, depth: number): number {
  if (typeof value === "string") return addText(hash, value);
  if (depth > deepest) return 0;
  if (Array.isArray(value)) {
    hash.update(`[${value.length}`);
    return value.reduce<number>((bytes, item) => bytes + addValue(hash, item, depth + 1), 0);
  }
  if (!isRecord(value)) {
    hash.update(`=${String(value)};`);
    return 0;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  hash.update(`{${members.length}`);
  return members.reduce((bytes, [name, member]) => {
    addText(hash, name);
    return bytes + addValue(hash, member, depth + 1);
  }, 0);
}

function addText(hash: KeyedHash, text: string): number {
  const bytes = Buffer.byteLength(text);
  // Half of a character has no form in UTF-8.
  if (text.isWellFormed()) hash.update(`"${bytes}:`).update(text);
  else hash.update(`'${text.length}:`).update(text, "utf16le");
  return bytes;
}
