/**
 * Keeps the memory of a process that lives for months near what it holds. V8 sizes its heap by what is allocated: the young
 * generation doubles until it has three times 16 MB, and the old one may grow to several times what it held before it is
 * looked through. A watcher holds some 12 MB and throws pages away each second: left alone, it grows for hours.
 */
import { setFlagsFromString } from "node:v8";
import { keepYoungGenerationSmall } from "../young-generation.ts";

/**
 * Before anything large is allocated. V8 reads such flags whenever it decides on a size, so that they need not be there when
 * the process starts. The cost is shorter collections that come more often.
 */
export function holdMemory(): void {
  // The old generation grows by a third, and not to the fourfold, from one collection to the next.
  setFlagsFromString("--optimize-for-size");
  keepYoungGenerationSmall();
}
