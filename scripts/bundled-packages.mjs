/**
 * What the bundle contains that others wrote: the packages, their licence texts, and an SBOM (CycloneDX 1.6). A package
 * without a licence text, or under a licence that is not on the list, fails the build.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const allowedLicences = new Set(["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"]);

/** The packages with code in these esbuild builds, by name: `{name, version, licence, texts}`. */
export function bundledPackages(root, metafiles) {
  const folders = new Set();
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const path of Object.keys(inputs)) {
        const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
        if (folder !== undefined) folders.add(folder);
      }
  const paths = [...folders].map((folder) => join(root, folder));
  return paths.map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readPackage(folder) {
  const { name, version, license: licence } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!allowedLicences.has(licence))
    throw new Error(`${name}@${version} is under ${licence}: not one of ${[...allowedLicences].join(", ")}`);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  if (!files.some((file) => !/^notice/i.test(file))) throw new Error(`${name}@${version} has no licence text`);
  return { name, version, licence, texts: files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim()) };
}

export function thirdPartyNotices(packages) {
  const opening = "InferGuard's files contain code of these packages.\n";
  const notices = packages.map(
    ({ name, version, licence, texts }) =>
      `${"=".repeat(80)}\n${name} ${version} (${licence})\n\n${texts.join("\n\n")}\n`,
  );
  return [opening, ...notices].join("\n");
}

export function sbom(manifest, packages) {
  const component = (type, { name, version, licence }) => {
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    return { type, "bom-ref": purl, name, version, purl, licenses: [{ license: { id: licence } }] };
  };
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: component("application", { ...manifest, licence: manifest.license }) },
    components: packages.map((bundled) => component("library", bundled)),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
