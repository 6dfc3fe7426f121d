/** The way from the root to the folder, with what each step of it is to the rules. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Entry, entryOf, lookAt } from "../private/entry.ts";
import { namesIn, stepsTo } from "../private/way.ts";
import type { PrivateFolder } from "./private-folder.ts";

export interface WayStep {
  /** `home`: what the variable names. `above`: on the way to the folder. `aside`: only passed on the way to a link's target. */
  role: "home" | "above" | "aside" | "folder" | "secrets";
  /** Of `above`: how many levels above the directory that holds the folder. */
  up: number;
  entry: Entry;
}

/** Ends where there is nothing, or nothing that can be passed. */
export function wayTo(folder: PrivateFolder): WayStep[] {
  const { passed, end } = stepsTo(folder.configHome);
  const steps = passed.map(({ path, entry }): WayStep => {
    const up = levelsAbove(path, end);
    return up === null || entry.is === "link" ? { role: "aside", up: 0, entry } : { role: "above", up, entry };
  });
  return [
    { role: "home", up: 0, entry: follow(folder.home) },
    ...steps,
    { role: "folder", up: 0, entry: lookAt(folder.path) },
    { role: "secrets", up: 0, entry: lookAt(join(folder.path, "secrets")) },
  ];
}

function levelsAbove(path: string, end: string): number | null {
  if (path !== "/" && path !== end && !end.startsWith(`${path}/`)) return null;
  return namesIn(end).length - namesIn(path).length;
}

function follow(path: string): Entry {
  try {
    return entryOf(statSync(path));
  } catch {
    return lookAt(path).is === "absent" ? { is: "absent" } : { is: "unknown" };
  }
}
