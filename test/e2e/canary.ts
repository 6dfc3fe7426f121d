/** Words that stand nowhere else, to find where a secret went: one for each name, the same at each run of a test. */
import { seededRandom } from "../../src/random.ts";
import { plantedWord, wordsFoundIn } from "./planted-words.ts";

export function canary(name: string): string {
  return plantedWord(seededRandom(0, `canary ${name}`));
}

/** The names of those that are in the text, and in which form, whole or in part. */
export function leaksIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return wordsFoundIn(text, new Map(Object.entries(secrets)));
}
