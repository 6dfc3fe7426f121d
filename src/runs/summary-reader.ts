/** The summary that a run left, for lists. A report computes its own from the rows. */
import { join } from "node:path";
import { artifact } from "./artifacts.ts";
import { readPlainFile } from "./open-plain-file.ts";
import { type Summary, summarySchema } from "./schemas/summary.ts";

const LONGEST_SUMMARY_BYTES = 16 * 1024 * 1024;

/** Null when there is none that can be read: an interrupted run, a newer schema, half a file. */
export async function readSummary(directory: string): Promise<Summary | null> {
  try {
    const text = await readPlainFile(join(directory, artifact.summary), LONGEST_SUMMARY_BYTES);
    return summarySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
