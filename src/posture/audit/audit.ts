/**
 * Audits a package as it is installed: every built file is read, what its code can do is held against the list of what
 * it may do, and its digest against what the build wrote. It runs none of that code, and changes nothing.
 *
 * It cannot judge whether what src/net does with its sockets is right, and a changed copy of InferGuard can hold a
 * changed audit: to audit a copy that is not trusted, run another one's audit on it.
 */
import { createHash } from "node:crypto";
import type { InstalledPackage } from "./read-package.ts";
import { type Finding, scanFile } from "./scan-file.ts";
import type { Audit, Capabilities } from "./schemas.ts";

export function auditPackage(installed: InstalledPackage, capabilities: Capabilities): Audit {
  const { files, manifest } = installed;
  const names = new Set(files.map(({ name }) => name));
  const findings = files
    .filter(({ name }) => name.endsWith(".js"))
    .flatMap(({ name, bytes }) =>
      scanFile({ name, text: new TextDecoder().decode(bytes), modules: manifest.files[name]?.modules ?? [] }, names),
    )
    .sort((a, b) => (a.module < b.module ? -1 : a.module > b.module ? 1 : 0));
  const held = findings.map((finding) => holdAgainst(finding, capabilities));
  const faults = [...faultsOfManifest(installed), ...faultsOfFiles(installed)];
  return {
    schema: "inferguard-audit/v1",
    package: { name: installed.settings.name, version: installed.settings.version },
    verdict: faults.length === 0 && held.every(({ unlisted }) => unlisted.length === 0) ? "pass" : "fail",
    faults,
    capabilities: held,
    not_found: listedButNotFound(findings, capabilities),
    files: files.map(({ name, bytes }) => ({ file: name, bytes: bytes.length, sha256: sha256Of(bytes) })),
  };
}

function holdAgainst(finding: Finding, { entries }: Capabilities): Audit["capabilities"][number] {
  const { module, kind, file, uses, code } = finding;
  const digest = sha256Of(code);
  const entry = entries.find((each) => each.module === module && each.kind === kind);
  const unlisted = uses.map(({ use }) => use).filter((use) => entry?.uses.includes(use) !== true);
  if (entry?.code_sha256 !== undefined && entry.code_sha256 !== digest) unlisted.push("changed code");
  return { module, kind, file, uses, code_sha256: digest, reason: entry?.reason ?? null, unlisted };
}

function listedButNotFound(findings: readonly Finding[], { entries }: Capabilities): Audit["not_found"] {
  return entries.flatMap(({ module, kind, uses }) => {
    const found = findings
      .filter((each) => each.module === module && each.kind === kind)
      .flatMap((each) => each.uses.map(({ use }) => use));
    return uses.filter((use) => !found.includes(use)).map((use) => ({ module, kind, use }));
  });
}

function faultsOfFiles({ files, others, manifest }: InstalledPackage): Audit["faults"] {
  const written = Object.entries(manifest.files);
  return [
    ...others.map((file) => ({ file, fault: "is not a plain file in dist/ itself" })),
    ...files
      .filter(({ name }) => name !== "manifest.json" && !Object.hasOwn(manifest.files, name))
      .map(({ name: file }) => ({ file, fault: "was not written by the build" })),
    ...written.flatMap(([file, { sha256 }]) => {
      const found = files.find(({ name }) => name === file);
      if (found === undefined) return [{ file, fault: "is missing" }];
      return sha256Of(found.bytes) === sha256 ? [] : [{ file, fault: "is not as the build wrote it" }];
    }),
  ];
}

/** What in package.json would run other code than the files of dist/, or run something where it is installed. */
function faultsOfManifest({ settings, manifest }: InstalledPackage): Audit["faults"] {
  const fault = (text: string) => ({ file: "package.json", fault: text });
  const targets = [settings.bin, settings.exports, settings.main].flatMap(textsIn);
  return [
    ...(manifest.version === settings.version
      ? []
      : [fault(`is of ${settings.version}, dist/ of ${manifest.version}`)]),
    ...(settings.type === "module" ? [] : [fault("does not say that its files are ES modules")]),
    ...settings.dependencies.map((name) => fault(`depends on ${name}`)),
    ...settings.installScripts.map((name) => fault(`runs a script where it is installed: ${name}`)),
    ...targets
      .filter((target) => !/^(\.\/)?(dist\/[^/]+|package\.json)$/.test(target))
      .map((target) => fault(`starts ${target}, which is not a file of dist/`)),
  ];
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function sha256Of(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
