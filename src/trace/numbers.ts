/** Numbers for texts, from 0 in the order in which they come: the same text has the same number, while it is known. */
import { createRecentMap } from "./recent-map.ts";

export interface Numbers {
  of(text: string): number;
  /** Undefined for one that has not come, or not for long. */
  known(text: string): number | undefined;
}

export function createNumbers(most: number): Numbers {
  const numbers = createRecentMap<string, number>(most);
  let next = 0;
  return {
    of(text) {
      const known = numbers.get(text);
      if (known !== undefined) return known;
      numbers.set(text, next);
      return next++;
    },
    known: (text) => numbers.get(text),
  };
}
