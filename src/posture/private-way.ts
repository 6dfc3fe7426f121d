/**
 * The way from the root to the folder, a step for each directory and each link that is passed. Whoever may write to one
 * of them can put something else in the place of everything below, so each has to be looked at.
 */
import { readlinkSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type Entry, entryOf, lookAt } from "./private-entry.ts";
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
  const { passed, end } = resolve(folder.configHome);
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

/** As the kernel resolves a path, but with a look at each step. @returns also the path without links, as far as it is known */
function resolve(path: string): { passed: { path: string; entry: Entry }[]; end: string } {
  const passed = [{ path: "/", entry: lookAt("/") }];
  const rest = namesIn(path);
  let at = "/";
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const entry = lookAt(next);
    if (entry.is !== "link") {
      passed.push({ path: next, entry });
      if (entry.is !== "directory") return { passed, end: join(next, ...rest) };
      at = next;
      continue;
    }
    const target = passed.length > mostSteps ? null : readLink(next);
    if (target === null) return { passed: [...passed, { path: next, entry: { is: "unknown" } }], end: next };
    passed.push({ path: next, entry });
    rest.unshift(...namesIn(target));
    if (isAbsolute(target)) at = "/";
  }
  return { passed, end: at };
}

/** Links can lead in circles. */
const mostSteps = 200;

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function levelsAbove(path: string, end: string): number | null {
  if (path !== "/" && path !== end && !end.startsWith(`${path}/`)) return null;
  return namesIn(end).length - namesIn(path).length;
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function follow(path: string): Entry {
  try {
    return entryOf(statSync(path));
  } catch {
    return lookAt(path).is === "absent" ? { is: "absent" } : { is: "unknown" };
  }
}
