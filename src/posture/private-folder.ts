/**
 * Which folder holds consent, ledger and pending payloads: the XDG Base Directory Specification's, by which a path that is
 * not absolute is ignored. People are shown the variable's name or `~`, never its value.
 */
import { isAbsolute, join, normalize } from "node:path";
import type { Environment } from "./overrides.ts";

export interface PrivateFolder {
  path: string;
  shown: ShownFolder;
  /** The directory that the variable names; it has to be the user's own. */
  home: string;
  /** Where programs keep their settings. */
  configHome: string;
}

export type ShownFolder = "$XDG_CONFIG_HOME/inferguard" | "~/.config/inferguard";

/** Null when the environment names no folder: then nothing can be kept, and telemetry is off. */
export function findPrivateFolder(environment: Environment): PrivateFolder | null {
  const { XDG_CONFIG_HOME: configHome = "", HOME: home = "" } = environment;
  if (isAbsolute(configHome)) return folderIn(configHome, configHome, "$XDG_CONFIG_HOME/inferguard");
  return isAbsolute(home) ? folderIn(join(home, ".config"), home, "~/.config/inferguard") : null;
}

function folderIn(configHome: string, home: string, shown: ShownFolder): PrivateFolder {
  return { path: join(configHome, "inferguard"), shown, home, configHome: normalize(configHome) };
}

/** How a shell is told of a path in the folder. */
export function inShell(folder: ShownFolder, below = ""): string {
  const path = below === "" ? folder : `${folder}/${below}`;
  return folder.startsWith("~") ? path : `"${path}"`;
}

/** How a shell is told of the directory `up` levels above the one that holds the folder. */
export function aboveInShell(folder: ShownFolder, up: number): string {
  const path = `${folder.replace("/inferguard", "")}${"/..".repeat(up)}`;
  return folder.startsWith("~") ? path : `"${path}"`;
}
