/**
 * Builds dist/: one bundle with no dependencies, split so that a command loads only what it needs, with the licences of
 * everything in it. Plain JavaScript for Node >= 18, because `npm ci` may run it on an older Node than the program needs.
 */
import { createHash } from "node:crypto";
import { build } from "esbuild";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledPackages, sbom, thirdPartyNotices } from "./bundled-packages.mjs";
import { declareTypes } from "./declare-types.mjs";
import { keepPackagesFromMakingCode } from "./keep-packages-from-making-code.mjs";
import { keepPackagesOffTheNetwork } from "./keep-packages-off-the-network.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Beside the bin: what is loaded lazily, or runs in a process or a thread of its own. */
const lazyEntries = {
  program: "src/cli/program.ts",
  "airlock-inside": "src/net/prove/airlock-inside.ts",
  // What tests import, and what that loads into other processes.
  testing: "src/testing/no-egress.ts",
  "continue-block": "src/testing/continue-block.ts",
};

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  outdir: "dist",
  write: false,
  metafile: true,
  minifySyntax: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { INFERGUARD_VERSION: JSON.stringify(manifest.version) },
};

const [guard, program, main] = await Promise.all([
  // In one file, because it is loaded before everything else: each further file costs half a millisecond at every start.
  build({ ...common, entryPoints: { guard: "src/net/guard.ts" }, target: "node22" }),
  build({
    ...common,
    entryPoints: lazyEntries,
    splitting: true,
    chunkNames: "[name]-[hash]",
    target: "node22",
    plugins: [{ name: "take-from-guard", setup: takeFromGuard }, keepPackagesOffTheNetwork, keepPackagesFromMakingCode],
  }),
  build({
    ...common,
    entryPoints: { main: "src/main.ts" },
    // An old Node has to parse this file to say that it is too old.
    target: "es2015",
    supported: { "dynamic-import": true },
    plugins: [leaveOut({ "./net/guard.ts": "./guard.js", "./cli/program.ts": "./program.js" })],
  }),
]);

const metafilesOfAll = [guard.metafile, program.metafile, main.metafile];
const packages = bundledPackages(root, metafilesOfAll);
const outputs = [
  ...guard.outputFiles.map((file) => [nameOf(file.path), file.contents]),
  ...program.outputFiles.map((file) => [nameOf(file.path), file.contents]),
  ["testing.d.ts", declareTypes(root, lazyEntries.testing)],
  ["THIRD_PARTY_NOTICES.txt", thirdPartyNotices(packages)],
  ["sbom.cdx.json", sbom(manifest, packages)],
  // main.js goes last: its time says when the whole was built.
  ...main.outputFiles.map((file) => [nameOf(file.path), file.contents]),
];
writeDist([["manifest.json", buildManifest(outputs, metafilesOfAll)], ...outputs]);
linkBin();

/** What holds the guard's state stays in its file: a second copy would have tickets that the guard knows nothing of. */
function takeFromGuard({ onResolve }) {
  const shared = /^src\/net\/(tickets|guard\/(denials|permissions|state))\.ts$/;
  onResolve({ filter: /\.ts$/ }, ({ path, resolveDir }) =>
    shared.test(relative(root, join(resolveDir, path))) ? { path: "./guard.js", external: true } : undefined,
  );
}

/** Imports that stay imports, each of the file that it becomes. */
function leaveOut(builtOf) {
  return {
    name: "leave-out",
    setup({ onResolve }) {
      onResolve({ filter: /\.ts$/ }, ({ path }) =>
        path in builtOf ? { path: builtOf[path], external: true } : undefined,
      );
    },
  };
}

/** What this build wrote, for `inferguard telemetry audit`: each file's digest, and the modules that it was made of. */
function buildManifest(files, metafiles) {
  const inputsOf = Object.assign({}, ...metafiles.map((metafile) => metafile.outputs));
  const described = files.map(([name, contents]) => [
    name,
    {
      sha256: createHash("sha256").update(contents).digest("hex"),
      modules: Object.keys(inputsOf[`dist/${name}`]?.inputs ?? {}).sort(),
    },
  ]);
  const document = { schema: "inferguard-build/v1", version: manifest.version, files: Object.fromEntries(described) };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function nameOf(path) {
  return path.slice(join(root, "dist").length + 1);
}

/** Replaces each file in one step and removes the stale ones last, so that a program that runs meanwhile finds its files. */
function writeDist(files) {
  const dist = join(root, "dist");
  mkdirSync(dist, { recursive: true });
  for (const [name, contents] of files) {
    const partial = join(dist, `.${name}.${process.pid}`);
    writeFileSync(partial, contents);
    if (name === "main.js") chmodSync(partial, 0o755);
    renameSync(partial, join(dist, name));
  }
  const written = new Set(files.map(([name]) => name));
  for (const name of readdirSync(dist)) if (!written.has(name)) rmSync(join(dist, name), { recursive: true });
}

/**
 * Makes `npx inferguard` in a checkout run this build with npm 8 and older, which look only here before they ask the
 * registry for a package of that name. Newer ones find the bin in package.json; npm scripts find it here too.
 */
function linkBin() {
  const bin = join(root, "node_modules", ".bin");
  if (!existsSync(bin) || process.platform === "win32") return;
  for (const [name, target] of Object.entries(manifest.bin)) {
    rmSync(join(bin, name), { force: true });
    symlinkSync(join("..", "..", target), join(bin, name));
  }
}
