/** Reads run.json, the one file without which a directory is no run. */
import { join } from "node:path";
import { exitCode, messageOf, UserError } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { rowSchemas } from "./row-schemas.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { describeIssues } from "./describe-issues.ts";
import { readPlainFile } from "./open-plain-file.ts";
import { isAlive } from "./process-identity.ts";
import { isReadable } from "./schema-version.ts";
import { type Run, RUN_SCHEMA, runSchema } from "./schemas/run.ts";

/**
 * The manifest of the run in `directory`. A run that says it is running while its process is gone is interrupted.
 * @throws UserError (exit code 3) when run.json is missing, is not a manifest, or has a newer schema.
 */
export async function readManifest(directory: string): Promise<Run> {
  const path = join(directory, artifact.run);
  const document = await readDocument(path);
  if (!isReadable(document["schema"], RUN_SCHEMA, path)) throw unreadable(path, `its schema is not ${RUN_SCHEMA}`);
  refuseNewerRows(document["artifacts"], directory);
  const parsed = runSchema.safeParse(document);
  if (!parsed.success) throw unreadable(path, describeIssues(parsed.error));
  return parsed.data.status === "running" && !isAlive(parsed.data.process) ? interrupted(parsed.data) : parsed.data;
}

async function readDocument(path: string): Promise<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(await readPlainFile(path, longestManifestBytes));
  } catch (error) {
    throw unreadable(path, error instanceof SyntaxError ? `it is not JSON: ${messageOf(error)}` : diskTrouble(error));
  }
  if (typeof document !== "object" || document === null) throw unreadable(path, "it is not a JSON object");
  return { ...document };
}

const longestManifestBytes = 16 * 1024 * 1024;

/** Before the manifest is checked as a whole: a newer release may have changed more than the rows. */
function refuseNewerRows(artifacts: unknown, directory: string): void {
  if (typeof artifacts !== "object" || artifacts === null) return;
  for (const [name, schema] of Object.entries(artifacts)) {
    const known = rowSchemas[name];
    if (known !== undefined) isReadable(schema, known, join(directory, name));
  }
}

function interrupted(run: Run): Run {
  const reason = `its process, ${run.process.pid}, is gone and did not end the run`;
  return { ...run, status: "interrupted", status_reason: reason };
}

function unreadable(path: string, why: string): UserError {
  return new UserError(`cannot read ${path}: ${why}`, {
    exitCode: exitCode.cannotRun,
    hint: "`inferguard runs list` names the runs that can be read",
  });
}
