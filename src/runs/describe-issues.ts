/** What a schema check found, short: which field, and what is wrong with it. Never the value. */
import type { z } from "zod";

/** `plan.levels.0: Invalid input`, the first two findings and the number of the others. */
export function describeIssues(error: z.ZodError): string {
  const shown = error.issues.slice(0, 2).map(({ path, message }) => `${path.join(".") || "the value"}: ${message}`);
  const more = error.issues.length - shown.length;
  return shown.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
