/** Functions of Node's that are replaced for a while, and put back. */
import type { Method } from "../guard/patch.ts";

export interface Replacements {
  /** @throws when `owner` has no such function: this Node is not one that the fixture knows. */
  replace(owner: object, name: string, make: (original: Method) => Method): void;
  undo(): void;
}

export function openReplacements(): Replacements {
  const undoing: (() => void)[] = [];
  return {
    replace(owner, name, make) {
      const before = Object.getOwnPropertyDescriptor(owner, name);
      const original: unknown = Reflect.get(owner, name);
      if (typeof original !== "function") throw new Error(`this Node has no function ${name} for the fixture to watch`);
      const value = make(original as Method);
      Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true });
      undoing.push(() => {
        // What somebody else has put there since stays.
        if (Reflect.get(owner, name) !== value) return;
        if (before === undefined) Reflect.deleteProperty(owner, name);
        else Object.defineProperty(owner, name, before);
      });
    },
    undo() {
      for (const undo of undoing.splice(0).toReversed()) undo();
    },
  };
}
