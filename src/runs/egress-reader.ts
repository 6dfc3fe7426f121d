/** Reads a run's egress record, of whatever command. */
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { describeIssues } from "./describe-issues.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { readPlainFile } from "./open-plain-file.ts";
import { isReadable } from "./schema-version.ts";
import { EGRESS_SCHEMA, type EgressRecord, egressSchema } from "./schemas/egress.ts";
import type { Run } from "./schemas/run.ts";

/** Null with a sentence in `missing`, unless the run itself says why there is none. @throws UserError for a newer schema. */
export async function readEgress(
  directory: string,
  run: Run,
): Promise<{ egress: EgressRecord | null; missing: Run["missing"] }> {
  const path = join(directory, artifact.egress);
  const without = (why: string) => ({ egress: null, missing: [{ what: artifact.egress, why }] });
  let document: unknown;
  try {
    document = JSON.parse(await readPlainFile(path, longestEgressBytes));
  } catch (error) {
    if (error instanceof SyntaxError) return without("not JSON");
    if (systemErrorCode(error) !== "ENOENT") return without(diskTrouble(error));
    // It is written at the end, and a run that could not write it has said so itself.
    const explained = run.status === "running" || run.missing.some(({ what }) => what === artifact.egress);
    return explained ? { egress: null, missing: [] } : without("the run ended before it was written");
  }
  const schema =
    typeof document === "object" && document !== null && "schema" in document ? document.schema : undefined;
  if (!isReadable(schema, EGRESS_SCHEMA, path)) return without(`its schema is not ${EGRESS_SCHEMA}`);
  const parsed = egressSchema.safeParse(document);
  return parsed.success ? { egress: parsed.data, missing: [] } : without(describeIssues(parsed.error));
}

const longestEgressBytes = 16 * 1024 * 1024;
