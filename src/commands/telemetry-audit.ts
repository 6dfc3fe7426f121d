/**
 * `inferguard telemetry audit`: what the code of this package can do, read from its built files. It opens no connection,
 * runs nothing of what it reads, and creates and changes nothing.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ExitCode, exitCode } from "../errors.ts";
import { prettyJson } from "../json.ts";
import { auditPackage } from "../posture/audit/audit.ts";
import { auditLines } from "../posture/audit/audit-lines.ts";
import { capabilitiesPath, readCapabilities, readInstalledPackage } from "../posture/audit/read-package.ts";

/** @param directory of the package to audit; this program's own unless given. The list is always this program's own. */
export function telemetryAudit(directory?: string): { document: string; lines: string[]; exitCode: ExitCode } {
  const own = ownPackage();
  const audit = auditPackage(readInstalledPackage(directory ?? own), readCapabilities(own));
  return {
    document: prettyJson(audit),
    lines: auditLines(audit, capabilitiesPath),
    exitCode: audit.verdict === "pass" ? exitCode.ok : exitCode.bad,
  };
}

/** This file lies in src/commands, or in dist/ once it is built. */
function ownPackage(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    if (existsSync(join(directory, capabilitiesPath))) return directory;
    if (directory === dirname(directory)) throw new Error(`the package lacks ${capabilitiesPath}`);
  }
}
