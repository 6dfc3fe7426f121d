/** Numbers for texts, from 0 in the order in which they come: the same text has the same number. */

export interface Numbers {
  of(text: string): number;
  /** Undefined for one that has not come. */
  known(text: string): number | undefined;
}

export function createNumbers(): Numbers {
  const numbers = new Map<string, number>();
  return {
    of(text) {
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      return number;
    },
    known: (text) => numbers.get(text),
  };
}
