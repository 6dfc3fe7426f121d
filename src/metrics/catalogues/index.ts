/** Every catalogue, and which of them a page belongs to. */
import type { Family } from "../exposition/families.ts";
import type { Catalogue } from "./catalogue.ts";
import { dcgm } from "./dcgm.ts";
import { dynamo } from "./dynamo.ts";
import { llamacpp } from "./llamacpp.ts";
import { sglang } from "./sglang.ts";
import { tgi } from "./tgi.ts";
import { trtllm } from "./trtllm.ts";
import { vllm } from "./vllm.ts";

export const catalogues: readonly Catalogue[] = [vllm, sglang, llamacpp, trtllm, dynamo, tgi, dcgm];

export interface Recognised {
  catalogue: Catalogue;
  prefix: string;
}

/** Names without a prefix of their own must agree in this many places before they mean an engine. */
const MIN_UNPREFIXED = 3;

/** The catalogue that knows the most families of the page; null when none knows any. */
export function recogniseEngine(families: readonly Family[]): Recognised | null {
  let best: Recognised | null = null;
  let most = 0;
  for (const catalogue of catalogues) {
    for (const prefix of catalogue.prefixes) {
      const known = new Set(catalogue.entries.map(({ raw }) => raw));
      const count = families.filter(({ name }) => known.has(bareName(name, prefix) ?? "")).length;
      if (count > most && (prefix !== "" || count >= MIN_UNPREFIXED)) {
        best = { catalogue, prefix };
        most = count;
      }
    }
  }
  return best;
}

/** A family's name as catalogues write it, or null when it lacks the prefix. */
export function bareName(name: string, prefix: string): string | null {
  return name.startsWith(prefix) ? name.slice(prefix.length).replace(/_total$/, "") : null;
}
