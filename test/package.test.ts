import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { oldestNode } from "../src/version.ts";
import { bin, repositoryRoot, runCli, runProgram, withTempHome } from "./e2e/cli.ts";

interface Manifest {
  version: string;
  engines: { node: string };
  scripts: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as Manifest;
const lock = JSON.parse(readFileSync(join(repositoryRoot, "package-lock.json"), "utf8")) as {
  packages: Record<string, { version: string }>;
};
const dist = readdirSync(join(repositoryRoot, "dist"));

describe("the manifest", () => {
  it("names no dependency and no script that runs where the package is installed", () => {
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("optionalDependencies");
    expect(manifest).not.toHaveProperty("peerDependencies");
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  });

  it("asks for the Node that the program asks for", () => {
    expect(manifest.engines.node).toBe(`>=${oldestNode}`);
  });
});

describe("the built program", () => {
  it("says its version without loading the command line", async () => {
    const { code, stdout, stderr } = await runCli(["--version"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
    expect(readFileSync(bin, "utf8")).not.toMatch(/^\s*(import|export)\b(?!\()/m);
  });

  it("can be started by its name", () => {
    expect(readFileSync(bin, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(bin).mode & 0o100).toBe(0o100);
  });

  it("says on a Node that is too old which one it needs", async ({ skip }) => {
    const oldNode = findOldNode();
    skip(oldNode === undefined, `no Node older than ${oldestNode} on PATH`);
    const { code, stdout, stderr } = await withTempHome((home) => runProgram(oldNode ?? "", [bin, "bench"], { home }));
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(`needs Node ${oldestNode} or newer; this is Node `);
  });

  it("starts no process but from src/net", () => {
    const importers = dist.filter((name) => name.endsWith(".js")).flatMap(modulesThatImportChildProcess);
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter((module) => !module.startsWith("src/net/"))).toEqual([]);
  });

  // "import { z }" would bring every language of its messages: 0.5 MB to parse at each start.
  it("holds zod without its translations", () => {
    const text = dist
      .filter((name) => name.endsWith(".js"))
      .map((name) => readDist(name))
      .join("");
    expect(text).toContain("// node_modules/zod/");
    expect(text.match(/^\/\/ node_modules\/zod\/v4\/locales\/(?!en\.)\S+/gm) ?? []).toEqual([]);
  });

  // Loading it takes longer than all that these commands do.
  it.each(["status", "disable", "log", "verify-payload"])("does not load zod for telemetry %s", (command) => {
    const holds = (name: string) => readDist(name).includes(`// src/commands/telemetry-${command}.ts\n`);
    const [entry = ""] = dist.filter((name) => name.endsWith(".js") && holds(name));
    const loaded = filesLoadedWith(["program.js", entry]);
    expect(loaded.size).toBeGreaterThan(3);
    expect([...loaded].filter((name) => readDist(name).includes("// node_modules/zod/"))).toEqual([]);
  });

  it("comes with the licences of the packages in it", () => {
    const notices = readDist("THIRD_PARTY_NOTICES.txt");
    const sbom = JSON.parse(readDist("sbom.cdx.json")) as {
      components: { name: string; version: string }[];
    };
    expect(sbom.components.map(({ name }) => name)).toContain("commander");
    for (const { name, version } of sbom.components) {
      expect(version).toBe(lock.packages[`node_modules/${name}`]?.version);
      expect(notices).toContain(`${name} ${version} (`);
    }
    // One text each: of MIT and ISC, of the BSD licences, of Apache 2.0.
    const granted = /Permission (is hereby granted|to use, copy)|Redistribution and use|Apache License\s+Version 2\.0/g;
    expect(notices.match(granted)?.length).toBe(sbom.components.length);
  });
});

describe("the package, packed", () => {
  it("holds the program, its documents and nothing else", async () => {
    const packed = await withTempHome((home) => Promise.resolve(pack(home)));
    expect(packed.files).toEqual(expect.arrayContaining(dist.map((name) => `dist/${name}`)));
    expect(packed.files).toEqual(
      expect.arrayContaining([
        "CHANGELOG.md",
        "LICENSE",
        "NOTICE",
        "README.md",
        "docs/architecture.md",
        "docs/telemetry/v0/POSTURE.md",
        "package.json",
      ]),
    );
    const rest = packed.files.filter((path) => !/^(dist|docs)\//.test(path));
    expect(rest.toSorted()).toEqual(["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "package.json"]);
  });

  it("installs with no network, no script and no other package, and runs", () =>
    withTempHome(async (home) => {
      const { tarball } = pack(home);
      const project = join(home, "project");
      mkdirSync(project);
      writeFileSync(join(project, "package.json"), "{}");
      // With this shell any script that npm runs fails the installation.
      npm(["install", "--script-shell=/bin/false", tarball], project, home);
      const installed = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
      expect(installed).toEqual(["inferguard"]);
      const { stdout } = await runProgram("npx", ["inferguard", "--version"], {
        home,
        cwd: project,
        env: { npm_config_offline: "true" },
      });
      expect(stdout).toBe(`${manifest.version}\n`);
    }));
});

/** Packs dist/ as it is: `prepare` would build it anew under the tests that run beside this one. */
function pack(home: string): { tarball: string; files: string[] } {
  const printed = npm(["pack", "--ignore-scripts", "--json", "--pack-destination", home], repositoryRoot, home);
  const [packed] = JSON.parse(printed) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(`npm pack packed nothing: ${printed}`);
  return { tarball: join(home, packed.filename), files: packed.files.map(({ path }) => path) };
}

function npm(args: string[], cwd: string, home: string): string {
  const env = { PATH: process.env["PATH"], HOME: home, npm_config_offline: "true" };
  return execFileSync("npm", args, { cwd, env, encoding: "utf8", stdio: "pipe" });
}

function readDist(name: string): string {
  return readFileSync(join(repositoryRoot, "dist", name), "utf8");
}

/** Those files and all that they import as they are loaded, and not when that is wanted. */
function filesLoadedWith(names: readonly string[], loaded = new Set<string>()): Set<string> {
  for (const name of names) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    const imports = readDist(name).matchAll(/^(?:import|export|\} from)\b[^\n]*?"\.\/([\w-]+\.js)";$/gm);
    filesLoadedWith(
      [...imports].map(([, imported = ""]) => imported),
      loaded,
    );
  }
  return loaded;
}

/** The modules under whose name, in esbuild's comments, an import of node:child_process stands. */
function modulesThatImportChildProcess(file: string): string[] {
  let module = file;
  const importers: string[] = [];
  for (const line of readDist(file).split("\n")) {
    module = /^\/\/ (\S+\/\S+)$/.exec(line)?.[1] ?? module;
    if (/["'`](node:)?child_process["'`]/.test(line)) importers.push(module);
  }
  return importers;
}

/** A Node below the oldest that is supported, on PATH. */
function findOldNode(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  return candidates.find((path) => {
    if (!mayRun(path)) return false;
    const version = execFileSync(path, ["--version"], { encoding: "utf8" });
    const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
    const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split(".").map(Number);
    return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  });
}

/** PATH can name folders that are not there, or that this user may not look into. */
function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
