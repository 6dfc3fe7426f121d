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
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledPackages, sbom, thirdPartyNotices } from "./bundled-packages.mjs";
import { declareTypes } from "./declare-types.mjs";
import { keepPackagesFromMakingCode } from "./keep-packages-from-making-code.mjs";
import { keepPackagesOffTheNetwork } from "./keep-packages-off-the-network.mjs";
import { lightenCommander } from "./lighten-commander.mjs";
import { onlyTheSpanSerializer } from "./only-the-span-serializer.mjs";
import { workOutShapes } from "./work-out-shapes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/**
 * What is loaded together, in one file: each further file costs half a millisecond at every start, and splitting alone
 * makes one of each handful of modules. A file also holds what its modules import and no file before it holds.
 */
const shared = {
  base: /^src\/((clock|errors|json|version)|cli\/(context|environment|named-destinations|wanted-commands)|report\/(format|paint|printable|text-width))\.ts$|^commander$/,
  posture:
    /^src\/(private\/.+|posture\/(consent-files|consent-grant|ledger[\w-]*|overrides|payload-schema|pending[\w-]*|state|state-texts|token-rule))\.ts$/,
  runs: /^src\/runs\/(artifacts|disk-trouble|find-run|read-small-file|run-id|run-names|shape|sure-bench|sure-shapes)\.ts$/,
  payload:
    /^src\/(posture\/(noise-\w+|payload|payload-(?!schema\.|shape\.)[\w-]+|seed-streams)|commands\/telemetry-(candidate|reasons|run-facts|verify-payload))\.ts$/,
};

/** What runs in a process or a thread of its own, or in somebody else's, and so takes nothing from those files. */
const apartEntries = {
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

/** Which file has which modules. A second copy of the guard's would have tickets that the guard knows nothing of. */
const holders = [{ file: "guard", holds: (module) => heldByGuard.test(module) }];
const heldByGuard = /^src\/net\/(tickets|guard\/(denials|permissions|state))\.ts$/;
/** What the shared files import only when it is wanted: each is a file of its name. */
const wantedLater = {};

const plugins = [
  workOutShapes,
  onlyTheSpanSerializer,
  keepPackagesOffTheNetwork,
  keepPackagesFromMakingCode,
  lightenCommander,
];
const split = { ...common, splitting: true, chunkNames: "[name]-[hash]", target: "node22" };

const sharedBuilds = [];
for (const name of Object.keys(shared)) sharedBuilds.push(await buildShared(name));

const built = [
  ...sharedBuilds,
  ...(await Promise.all([
    // In one file, because it is loaded before everything else.
    build({ ...common, entryPoints: { guard: "src/net/guard.ts" }, target: "node22" }),
    build({
      ...split,
      entryPoints: { program: "src/cli/program.ts", ...wantedLater },
      plugins: [takeFrom(holders), ...plugins],
    }),
    build({ ...split, entryPoints: apartEntries, plugins: [takeFrom(holders.slice(0, 1)), ...plugins] }),
    // main.js goes last: its time says when the whole was built.
    build({
      ...common,
      entryPoints: { main: "src/main.ts" },
      // An old Node has to parse this file to say that it is too old.
      target: "es2015",
      supported: { "dynamic-import": true },
      plugins: [leaveOut({ "./net/guard.ts": "./guard.js", "./cli/program.ts": "./program.js" })],
    }),
  ])),
];

const metafilesOfAll = built.map(({ metafile }) => metafile);
const packages = bundledPackages(root, metafilesOfAll);
const outputs = [
  ["testing.d.ts", declareTypes(root, apartEntries.testing)],
  ["THIRD_PARTY_NOTICES.txt", thirdPartyNotices(packages)],
  ["sbom.cdx.json", sbom(manifest, packages)],
  ...built.flatMap(({ outputFiles }) => outputFiles.map(({ path, contents }) => [nameOf(path), contents])),
];
dropEmptyImports();
refuseMissingExports();
writeDist([["manifest.json", buildManifest(outputs, metafilesOfAll)], ...outputs]);
linkBin();

/** A file that exports all that the modules in it export. What is built after it takes them from there. */
async function buildShared(name) {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((path) => `src/${path.replaceAll("\\", "/")}`)
    .filter((path) => shared[name].test(path) && !/\.(test|fixture)\.ts$/.test(path));
  const held = ["commander"].filter((each) => shared[name].test(each));
  const buildOf = (modules) =>
    build({
      ...common,
      entryPoints: { [name]: `shared:${name}` },
      target: "node22",
      plugins: [
        virtualEntry([...modules.map((path) => `./${path}`), ...held]),
        takeFrom(holders),
        leaveForLater(),
        ...plugins,
      ],
    });
  const inputs = Object.keys((await buildOf(sources)).metafile.inputs);
  const stranger = inputs.find((path) => path.startsWith("node_modules/") && !held.includes(path.split("/")[1]));
  if (stranger !== undefined)
    throw new Error(`${name}.js would hold a second copy of ${stranger}: its modules may not import that package`);
  const modules = inputs.filter((path) => path.startsWith("src/")).sort();
  const result = await buildOf(modules);
  holders.push({ file: name, holds: (module) => modules.includes(module) || held.includes(module) });
  return result;
}

function virtualEntry(modules) {
  const contents = modules.map((path) => `export * from ${JSON.stringify(path)};\n`).join("");
  return {
    name: "virtual-entry",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^shared:/ }, ({ path }) => ({ path, namespace: "entry" }));
      onLoad({ filter: /.*/, namespace: "entry" }, () => ({ contents, resolveDir: root }));
    },
  };
}

function leaveForLater() {
  return {
    name: "leave-for-later",
    setup({ onResolve }) {
      onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const name = basename(path, ".ts");
        wantedLater[name] = moduleAt(resolveDir, path);
        return { path: `./${name}.js`, external: true };
      });
    },
  };
}

function moduleAt(directory, path) {
  return relative(root, join(directory, path)).replaceAll("\\", "/");
}

/** Imports of what another file holds become imports of that file. */
function takeFrom(files) {
  return {
    name: "take-from",
    setup({ onResolve }) {
      onResolve({ filter: /\.ts$|^commander$/ }, ({ path, resolveDir }) => {
        const module = path.endsWith(".ts") ? moduleAt(resolveDir, path) : path;
        const holder = files.find(({ holds }) => holds(module));
        return holder === undefined ? undefined : { path: `./${holder.file}.js`, external: true };
      });
    },
  };
}

/** Splitting makes a file of esbuild's own helpers, and everything imports it, whether it uses them or not. */
function dropEmptyImports() {
  const inputsOf = Object.assign({}, ...metafilesOfAll.map((metafile) => metafile.outputs));
  for (const [helpers] of outputs.filter(
    ([name]) => Object.keys(inputsOf[`dist/${name}`]?.inputs ?? { one: 1 }).length === 0,
  ))
    for (const output of outputs.filter(([name]) => name.endsWith(".js"))) {
      const text = Buffer.from(output[1]).toString().replace(`import "./${helpers}";\n`, "");
      output[1] = Buffer.from(text);
    }
}

/** Two modules of one file that export the same name export neither, and only the import would say so. */
function refuseMissingExports() {
  const texts = new Map(
    outputs
      .filter(([name]) => name.endsWith(".js"))
      .map(([name, contents]) => [name, Buffer.from(contents).toString()]),
  );
  const importsOfNames = /\{([^{}]*)\} (?:from |= await import\()"\.\/([\w-]+\.js)"/g;
  const namesIn = (list) => list.split(",").map((each) => each.trim().split(/ as |: /));
  const exportsOf = (name) =>
    namesIn(/^export \{([^}]*)\};$/m.exec(texts.get(name))?.[1] ?? "").map((each) => each.at(-1));
  for (const file of Object.keys(shared).map((name) => `${name}.js`)) {
    const exported = new Set(exportsOf(file));
    for (const [importer, text] of texts)
      for (const [, names, from] of text.matchAll(importsOfNames))
        for (const [wanted] of from === file ? namesIn(names) : [])
          if (!exported.has(wanted))
            throw new Error(`${importer} imports ${wanted}, which ${file} does not export, or two of its modules do`);
  }
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
      modules: Object.keys(inputsOf[`dist/${name}`]?.inputs ?? {})
        .filter((input) => !input.startsWith("entry:"))
        .sort(),
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
