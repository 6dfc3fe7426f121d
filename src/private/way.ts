/**
 * The way from the root to a directory, a step for each directory and each link that is passed. Whoever may write to one
 * of them can put something else in the place of everything below, so each has to be looked at.
 */
import { readlinkSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type Entry, lookAt } from "./entry.ts";

export interface PassedStep {
  path: string;
  entry: Entry;
}

/**
 * As the kernel resolves an absolute path, but with a look at each step. It ends where there is nothing, or nothing that
 * can be passed.
 * @returns also the path without links, as far as it is known
 */
export function stepsTo(path: string): { passed: PassedStep[]; end: string } {
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

/**
 * What makes a step unfit to lead to private files: it is no directory that can be looked at, it belongs to another user,
 * or others may write to it. What is not there yet is no breach. A directory may be root's, and root may have made it
 * sticky, as /tmp is; of a link only its owner counts, because what it leads to is a step of its own.
 */
export function breachOf(entry: Entry): "kind" | "owner" | "writable" | null {
  if (entry.is === "absent") return null;
  if (entry.is !== "directory" && entry.is !== "link") return "kind";
  if (!entry.isOwn && !entry.isRoots) return "owner";
  const isRootsSticky = entry.isRoots && (entry.mode & 0o1000) !== 0;
  return entry.is === "link" || (entry.mode & 0o022) === 0 || isRootsSticky ? null : "writable";
}

/** Links can lead in circles. */
const mostSteps = 200;

/** The names of a path, without those that stay where they are. */
export function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
