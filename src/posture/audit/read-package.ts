/** Reads an installed package for the audit: its settings, its built files, and what the build says of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { exitCode, messageOf, UserError } from "../../errors.ts";
import { type BuildManifest, buildManifestSchema, type Capabilities, capabilitiesSchema } from "./schemas.ts";

export interface InstalledPackage {
  settings: PackageSettings;
  /** The plain files of dist/. */
  files: { name: string; bytes: Uint8Array }[];
  /** What else lies there: folders, links. */
  others: string[];
  manifest: BuildManifest;
}

/** What package.json says about the code that runs. */
export interface PackageSettings {
  name: string;
  version: string;
  type: string | undefined;
  bin?: unknown;
  main?: unknown;
  exports?: unknown;
  dependencies: string[];
  installScripts: string[];
}

/** @throws UserError when there is no built package in this directory. */
export function readInstalledPackage(directory: string): InstalledPackage {
  const entries = readDirectory(join(directory, "dist"));
  const [files, others] = [entries.filter((entry) => entry.isFile()), entries.filter((entry) => !entry.isFile())];
  return {
    settings: readSettings(join(directory, "package.json")),
    files: files.map(({ name }) => ({ name, bytes: readFileSync(join(directory, "dist", name)) })),
    others: others.map(({ name }) => name),
    manifest: readDocument(join(directory, "dist/manifest.json"), buildManifestSchema),
  };
}

export const capabilitiesPath = "docs/telemetry/capabilities.json";

export function readCapabilities(directory: string): Capabilities {
  return readDocument(join(directory, capabilitiesPath), capabilitiesSchema);
}

function readDirectory(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw unreadable(path, error);
  }
}

const names = z.record(z.string(), z.unknown()).default({});
const settingsSchema = z.object({
  name: z.string(),
  version: z.string(),
  type: z.string().optional(),
  bin: z.unknown().optional(),
  main: z.unknown().optional(),
  exports: z.unknown().optional(),
  imports: names,
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  scripts: names,
});

function readSettings(path: string): PackageSettings {
  const { imports, dependencies, optionalDependencies, peerDependencies, scripts, ...settings } = readDocument(
    path,
    settingsSchema,
  );
  return {
    ...settings,
    type: settings.type,
    dependencies: [imports, dependencies, optionalDependencies, peerDependencies].flatMap(Object.keys),
    installScripts: Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name)),
  };
}

function readDocument<T>(path: string, schema: z.ZodType<T>): T {
  try {
    const { error, data } = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (error !== undefined) throw new Error(error.issues.slice(0, 3).map(describeIssue).join("; "));
    return data;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return `${path.join(".")}: ${message}`;
}

function unreadable(path: string, cause: unknown): UserError {
  return new UserError(`${path} cannot be read: ${messageOf(cause)}`, {
    exitCode: exitCode.cannotRun,
    hint: "give the directory of an installed inferguard; a source checkout is built with npm run build",
    cause,
  });
}
