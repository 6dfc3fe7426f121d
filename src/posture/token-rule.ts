/**
 * The rules for private files: which one a consent token or the way to it breaks, the first that it does, and the command
 * that mends it. Nothing is mended unasked: what others could write to may not be what was put there. Pure.
 */
import { aboveInShell, inShell, type ShownFolder } from "./private-folder.ts";
import type { Entry, PresentEntry } from "../private/entry.ts";
import { breachOf } from "../private/way.ts";
import type { WayStep } from "./private-way.ts";

export interface BrokenRule {
  rule: string;
  /** One sentence. */
  text: string;
  /** A command for a shell; absent when no single command mends it. */
  mend?: string;
}

/** What stands in the way of keeping anything private in the folder. What is not there yet does not. */
export function brokenWayRule(folder: ShownFolder, way: readonly WayStep[]): BrokenRule | null {
  for (const step of way) {
    const broken = ruleOfStep(folder, step);
    if (broken !== null) return broken;
  }
  return null;
}

/** For a token that is there, or that nobody can look at. */
export function brokenTokenRule(folder: ShownFolder, token: Entry): BrokenRule | null {
  const path = inShell(folder, "secrets/consent.token");
  const again = `rm -f ${path} && inferguard telemetry enable`;
  if (token.is === "absent") return null;
  if (token.is === "unknown") return { rule: "token_unreadable", text: "consent.token cannot be looked at" };
  if (token.is !== "file")
    return {
      rule: "token_kind",
      text: `consent.token must be a file, and is ${asNoun[token.is]}`,
      mend: removal(token, path),
    };
  if (!token.isOwn) return { rule: "token_owner", text: "consent.token belongs to another user", mend: again };
  if (token.mode !== 0o600)
    return {
      rule: "token_mode",
      text: `consent.token must have the mode 0600, and has ${octal(token.mode)}`,
      // What others could write to is not to be trusted any more.
      mend: (token.mode & 0o022) === 0 ? `chmod 600 ${path}` : again,
    };
  if (token.links !== 1)
    return { rule: "token_links", text: `consent.token has ${token.links} names, and must have one`, mend: again };
  return null;
}

function ruleOfStep(folder: ShownFolder, { role, up, entry }: WayStep): BrokenRule | null {
  switch (role) {
    case "home":
      return homeRule(folder, entry);
    case "above":
      return passedRule("parent", entry, { name: named(folder, up), path: aboveInShell(folder, up) });
    case "aside":
      return entry.is === "link"
        ? linkRule(entry)
        : passedRule("parent", entry, { name: "a directory that a link on the way to the folder leads through" });
    case "folder":
      return ownDirectoryRule("folder", entry, { name: folder, path: inShell(folder) });
    case "secrets":
      return ownDirectoryRule("secrets", entry, { name: "secrets", path: inShell(folder, "secrets") });
  }
}

interface Place {
  name: string;
  path?: string;
}

function homeRule(folder: ShownFolder, entry: Entry): BrokenRule | null {
  const variable = folder.startsWith("~") ? "HOME" : "XDG_CONFIG_HOME";
  if (entry.is === "absent" && variable === "XDG_CONFIG_HOME") return null;
  if (entry.is !== "directory")
    return { rule: "home_kind", text: `${variable} names no directory that can be looked at` };
  // As root by sudo, say: what is written would be root's, in the home of someone else.
  return entry.isOwn
    ? null
    : { rule: "home_owner", text: `the directory that ${variable} names belongs to another user` };
}

/** A directory that is passed on the way. */
function passedRule(rule: string, entry: Entry, { name, path }: Place): BrokenRule | null {
  const breach = entry.is === "link" ? "kind" : breachOf(entry);
  if (breach === "kind") return { rule: `${rule}_kind`, text: `${name} is no directory that can be looked at` };
  if (breach === "owner") return { rule: `${rule}_owner`, text: `${name} belongs to another user` };
  if (breach === null || entry.is !== "directory") return null;
  return writable(rule, entry, { name, ...(path && { path }) });
}

function linkRule(entry: PresentEntry): BrokenRule | null {
  return breachOf(entry) === null
    ? null
    : { rule: "parent_link", text: "a link on the way to the folder belongs to another user" };
}

/** `folder` and `secrets`: real directories of the user's; `secrets` has exactly the mode 0700. */
function ownDirectoryRule(rule: "folder" | "secrets", entry: Entry, place: Place): BrokenRule | null {
  const { name, path = "" } = place;
  if (entry.is === "absent") return null;
  if (entry.is === "unknown") return { rule: `${rule}_unreadable`, text: `${name} cannot be looked at` };
  if (entry.is !== "directory")
    return {
      rule: `${rule}_kind`,
      text: `${name} must be a directory, and is ${asNoun[entry.is]}`,
      mend: removal(entry, path),
    };
  if (!entry.isOwn) return { rule: `${rule}_owner`, text: `${name} belongs to another user` };
  if (rule === "folder") return (entry.mode & 0o022) === 0 ? null : writable(rule, entry, place);
  if (entry.mode === 0o700) return null;
  return {
    rule: "secrets_mode",
    text: `secrets must have the mode 0700, and has ${octal(entry.mode)}`,
    mend: `chmod 700 ${path}`,
  };
}

function writable(rule: string, { mode }: PresentEntry, { name, path }: Place): BrokenRule {
  const text = `other users may write to ${name}, which has the mode ${octal(mode)}`;
  return { rule: `${rule}_writable`, text, ...(path === undefined ? {} : { mend: `chmod go-w ${path}` }) };
}

function named(folder: ShownFolder, up: number): string {
  return aboveInShell(folder, up).replaceAll('"', "");
}

function removal({ is }: PresentEntry, path: string): string {
  return is === "directory" ? `rm -r ${path}` : `rm ${path}`;
}

const asNoun = {
  file: "a file",
  directory: "a directory",
  link: "a symbolic link",
  other: "neither file nor directory",
};

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
