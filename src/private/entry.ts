/** What is at a path, seen from outside: nothing is opened and no link is followed. */
import { lstatSync, type Stats } from "node:fs";
import { systemErrorCode } from "../errors.ts";

/** `unknown`: something is in the way of looking. */
export type Entry = { is: "absent" } | { is: "unknown" } | PresentEntry;

export interface PresentEntry {
  is: "file" | "directory" | "link" | "other";
  /** The permission bits. */
  mode: number;
  isOwn: boolean;
  isRoots: boolean;
  links: number;
}

export function lookAt(path: string): Entry {
  try {
    return entryOf(lstatSync(path));
  } catch (error) {
    return { is: isAbsence(error) ? "absent" : "unknown" };
  }
}

export function entryOf(stats: Stats): PresentEntry {
  return {
    is: kindOf(stats),
    mode: stats.mode & 0o7777,
    // A system without users has no owners, and so nothing that is kept for one user only.
    isOwn: stats.uid === process.geteuid?.(),
    isRoots: stats.uid === 0,
    links: stats.nlink,
  };
}

export function isAbsence(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "");
}

function kindOf(stats: Stats): PresentEntry["is"] {
  if (stats.isSymbolicLink()) return "link";
  if (stats.isFile()) return "file";
  return stats.isDirectory() ? "directory" : "other";
}
