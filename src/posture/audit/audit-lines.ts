/** An audit as lines for a person: what can reach out, why it may, and what nobody allowed. */
import { type CapabilityKind, capabilityKinds } from "./node-modules.ts";
import type { Audit } from "./schemas.ts";

export function auditLines(audit: Audit, listPath: string): string[] {
  const { package: audited, files, faults, capabilities } = audit;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `${audited.name} ${audited.version}: ${files.length} built files, ${Math.round(bytes / 1000)} kB, read and not run`,
    "",
    ...capabilityKinds.flatMap((kind) => linesOfKind(kind, capabilities)),
    "",
    ...files.map(({ file, sha256 }) => `${sha256}  dist/${file}`),
    "",
    ...faults.map(({ file, fault }) => `${file} ${fault}`),
    ...capabilities
      .filter(({ unlisted }) => unlisted.length > 0)
      .flatMap(({ module, kind, file, uses, unlisted, code_sha256: digest }) => {
        const lines = uses.filter(({ use }) => unlisted.includes(use)).flatMap((each) => each.lines);
        return [
          `not listed: ${module} ${canDo[kind]}: ${unlisted.join(", ")}`,
          `  dist/${file}, line ${lines.join(", ")}; code_sha256 ${digest}`,
        ];
      }),
    ...audit.not_found.map(({ module, use }) => `listed, but not in the code: ${module}: ${use}`),
    audit.verdict === "pass"
      ? `Passed: each file is as it was built, and can do what ${listPath} lists and nothing else.`
      : `Failed: see above. What the code may do is listed in ${listPath}.`,
  ];
}

const canDo: Record<CapabilityKind, string> = {
  network: "can reach a network",
  process: "can start a process",
  thread: "can start a thread",
  code: "can run code that it makes or looks up",
  native: "can load native code",
  signal: "can send signals",
  anything: "can do anything",
};

function linesOfKind(kind: CapabilityKind, capabilities: Audit["capabilities"]): string[] {
  const those = capabilities.filter((each) => each.kind === kind);
  if (those.length === 0) return [`${canDo[kind]}: nothing`];
  return [
    `${canDo[kind]}:`,
    ...those.flatMap(({ module, file, uses, reason }) => [
      `  ${module} (dist/${file}): ${uses.map(({ use }) => use).join(", ")}`,
      `    ${reason ?? "NOT LISTED"}`,
    ]),
  ];
}
