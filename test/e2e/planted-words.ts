/**
 * Words to plant wherever something can be put into a program, and a search that finds one again however it came out:
 * whole or in part, reversed, in hexadecimal digits, in base64, or as a hash.
 */
import { createHash } from "node:crypto";
import { type Random, seededRandom } from "../../src/random.ts";

/** No vowel and no hexadecimal digit: neither a sentence nor a hash has six of these letters in a row. */
const letters = "ghjkmnpqvwxz";

/** Gives a new word at each call, and keeps all of them by the name of the place where it was planted. */
export function plantWords(seed: number): { word(place: string): string; words: Map<string, string> } {
  const random = seededRandom(seed, "planted words");
  const words = new Map<string, string>();
  return {
    words,
    word(place) {
      const word = plantedWord(random);
      words.set(place, word);
      return word;
    },
  };
}

export function plantedWord(random: Random): string {
  return Array.from({ length: 20 }, () => letters[random.integer(letters.length)]).join("");
}

/** The places whose word is in the text, with the form in which it is. */
export function wordsFoundIn(text: string, words: ReadonlyMap<string, string>): string[] {
  const lower = text.toLowerCase();
  return [...words].flatMap(([place, word]) =>
    Object.entries(formsOf(word)).flatMap(([form, parts]) =>
      parts.some((part) => lower.includes(part.toLowerCase())) ? [`${place}: ${form}`] : [],
    ),
  );
}

function formsOf(word: string): Record<string, string[]> {
  const reversed = word.split("").toReversed().join("");
  const base64 = [word, reversed].flatMap((text) => [0, 1, 2].map((shift) => encoded(text, shift)));
  return {
    plain: pieces(word, 6),
    reversed: pieces(reversed, 6),
    hex: pieces(Buffer.from(word).toString("hex"), 12),
    base64: base64.flatMap((text) => pieces(text, 8)),
    hashed: ["md5", "sha1", "sha256", "sha512"].flatMap((algorithm) => {
      const hash = createHash(algorithm).update(word).digest();
      return [hash.toString("hex").slice(0, 12), hash.toString("base64url").slice(0, 10)];
    }),
  };
}

/** At one of three alignments, without the characters that depend on what stands beside it. */
function encoded(text: string, shift: number): string {
  return Buffer.from(" ".repeat(shift) + text)
    .toString("base64")
    .slice(4, -4);
}

function pieces(text: string, length: number): string[] {
  return Array.from({ length: text.length - length + 1 }, (_, start) => text.slice(start, start + length));
}
