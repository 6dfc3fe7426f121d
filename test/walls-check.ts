/** Holds sources to the table of walls.ts. Sources come as a map from path to text, so that a test can plant a breach. */
import { builtinModules } from "node:module";
import { basename, dirname, posix } from "node:path";
import {
  bannedModules,
  bans,
  closing,
  emptyNames,
  impure,
  neverTogether,
  packages,
  type Part,
  parts,
  reservedNames,
} from "./walls.ts";
import { unreachable, waysOut } from "./walls.ts";
import { type Import, readSource, type Source } from "./walls-source.ts";

/** Tests and what they share are not part of the program. */
const exempt = /\.(test|fixture)\.ts$/;

/** One line for each breach: `src/a.ts:3: what is wrong`. */
export function findBreaches(texts: ReadonlyMap<string, string>): string[] {
  const files = [...texts.keys()].filter((path) => !exempt.test(path));
  const sources = new Map(files.map((path) => [path, readSource(texts.get(path) ?? "")]));
  return [...sources]
    .flatMap(([path, source]) => breachesOf(path, source))
    .concat(cyclesOf(sources), chainsOf(sources));
}

function breachesOf(path: string, source: Source): string[] {
  const part = partOf(path);
  if (part === undefined) return [`${path}: belongs to no part of the table`];
  const at = (line: number, what: string) => `${path}:${line}: ${what}`;
  return [
    ...nameBreaches(path),
    ...source.imports.flatMap((each) => importBreaches(path, part, each).map((what) => at(each.line, what))),
    ...source.uses.flatMap(({ line, name }) => useBreaches(path, part, name).map((what) => at(line, what))),
    ...togetherBreaches(path, part, source),
  ];
}

function importBreaches(path: string, part: Part, each: Import): string[] {
  if (each.specifier === null) return ["an import whose target is computed"];
  if (each.specifier.startsWith("node:")) return nodeBreaches(path, part, each.specifier.slice("node:".length));
  if (!each.specifier.startsWith(".")) return packageBreaches(part, each.specifier);
  const target = resolve(path, each.specifier);
  if (exempt.test(target)) return [`imports the test file ${target}`];
  const targetPart = partOf(target);
  if (targetPart === undefined) return [`imports ${target}, which belongs to no part`];
  const breaches: string[] = [];
  const allowed = [part.name, ...part.imports, ...(each.typeOnly ? (part.types ?? []) : [])];
  if (!allowed.includes(targetPart.name)) breaches.push(`${part.name} may not import ${targetPart.name} (${target})`);
  for (const reserved of reservedNames)
    if (reserved.from.test(target) && reserved.part !== part.name && !each.typeOnly)
      if (each.names.includes(reserved.name) || each.names.includes("*"))
        breaches.push(`only ${reserved.part} may import ${reserved.name}`);
  return breaches;
}

function nodeBreaches(path: string, part: Part, module: string): string[] {
  if (bannedModules.test(module) && !closing.test(path)) return [`nobody imports node:${module}`];
  if (part.node === "none") return [`${part.name} may import no module of Node's, and imports node:${module}`];
  if (part.node === "local" && waysOut.test(module)) return [`only net may import node:${module}`];
  return [];
}

function packageBreaches(part: Part, specifier: string): string[] {
  if (builtinModules.includes(specifier)) return [`${specifier} is written node:${specifier}`];
  const [scope = "", name = ""] = specifier.split("/");
  const users = packages[scope.startsWith("@") ? `${scope}/${name}` : scope];
  if (users === undefined) return [`${specifier} is not on the list of packages`];
  return users.test(part.name) ? [] : [`${part.name} may not import the package ${specifier}`];
}

function useBreaches(path: string, part: Part, name: string): string[] {
  const breaches = bans.filter((ban) => ban.uses.test(name) && ban.only?.test(path) !== true);
  const whys = breaches.map((ban) => `${name}: ${ban.why}`);
  return part.pure && impure.test(name) ? [...whys, `${name}: ${part.name} computes only`] : whys;
}

function togetherBreaches(path: string, part: Part, source: Source): string[] {
  const targets = targetsOf(path, source);
  return neverTogether
    .filter((rule) => rule.in === part.name)
    .filter(
      (rule) => targets.some((target) => rule.these.test(target)) && targets.some((target) => rule.those.test(target)),
    )
    .map((rule) => `${path}: imports both ${rule.these.source} and ${rule.those.source}`);
}

function nameBreaches(path: string): string[] {
  const names = path.split("/").map((name) => basename(name, ".ts"));
  return [
    ...names.filter((name) => emptyNames.test(name)).map((name) => `${path}: the name ${name} says nothing`),
    ...names
      .filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
      .map((name) => `${path}: ${name} is not kebab-case`),
  ];
}

/** Each shortest cycle once, named by its first file in alphabetical order. */
function cyclesOf(sources: ReadonlyMap<string, Source>): string[] {
  const cycles: string[] = [];
  for (const path of sources.keys()) {
    const chain = chainTo(path, sources, (target) => target === path);
    if (chain !== undefined && chain.every((each) => each >= path))
      cycles.push(`${path}: a cycle: ${chain.join(" -> ")}`);
  }
  return cycles;
}

function chainsOf(sources: ReadonlyMap<string, Source>): string[] {
  const chains: string[] = [];
  for (const rule of unreachable)
    for (const path of sources.keys())
      if (rule.from.test(partOf(path)?.name ?? "")) {
        const chain = chainTo(path, sources, (target) => rule.to.test(partOf(target)?.name ?? ""));
        if (chain !== undefined) chains.push(`${path}: reaches what it must not: ${chain.join(" -> ")}`);
      }
  return chains;
}

/** The shortest chain of imports from `start` to a file that `isEnd` accepts, both ends included. */
function chainTo(
  start: string,
  sources: ReadonlyMap<string, Source>,
  isEnd: (path: string) => boolean,
): string[] | undefined {
  const queue = [[start]];
  const seen = new Set<string>();
  for (const chain of queue) {
    const path = chain.at(-1) ?? start;
    const source = sources.get(path);
    for (const target of source === undefined ? [] : targetsOf(path, source)) {
      if (isEnd(target)) return [...chain, target];
      if (seen.has(target)) continue;
      seen.add(target);
      queue.push([...chain, target]);
    }
  }
  return undefined;
}

function targetsOf(path: string, source: Source): string[] {
  return source.imports.flatMap(({ specifier }) => (specifier?.startsWith(".") ? [resolve(path, specifier)] : []));
}

function resolve(path: string, specifier: string): string {
  return posix.join(dirname(path), specifier);
}

function partOf(path: string): Part | undefined {
  return parts.find((part) => part.files.test(path));
}
