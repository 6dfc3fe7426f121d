/**
 * Reads a file of rows, in pieces: a long run's file is larger than the longest string. What cannot be read is left out
 * and said: a torn last line, a line that is not JSON, a row that the schema refuses, a file that is not there.
 */
import { join } from "node:path";
import type { z } from "zod";
import { parseJsonLines } from "../json.ts";
import { describeIssues } from "./describe-issues.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { piecesOf } from "./file-pieces.ts";
import { quickCheck } from "./row-check.ts";
import type { Run } from "./schemas/run.ts";

export interface RowsRead<Row> {
  rows: Row[];
  missing: Run["missing"];
}

/** The rows of `name` in the run's directory, in the file's order. Fields that the schema does not know are dropped. */
export async function readRows<Row>(directory: string, name: string, schema: z.ZodType<Row>): Promise<RowsRead<Row>> {
  const rows: Row[] = [];
  const leftOut: { line: number; why: string }[] = [];
  const isSurelyRow = quickCheck(schema);
  let linesBefore = 0;
  try {
    for await (const text of piecesOf(join(directory, name))) {
      for (const parsed of parseJsonLines(text)) {
        const line = linesBefore + parsed.line;
        if ("error" in parsed) {
          leftOut.push({ line, why: parsed.torn ? "torn: its writer was stopped half-way" : "not JSON" });
          continue;
        }
        if (isSurelyRow(parsed.value)) {
          rows.push(parsed.value as Row);
          continue;
        }
        const checked = schema.safeParse(parsed.value);
        if (checked.success) rows.push(checked.data);
        else leftOut.push({ line, why: describeIssues(checked.error) });
      }
      linesBefore += newlinesIn(text);
    }
  } catch (error) {
    const read = rows.length === 0 ? "" : `, after ${rows.length} rows`;
    return { rows, missing: [...say(name, leftOut), { what: name, why: `${diskTrouble(error)}${read}` }] };
  }
  return { rows, missing: say(name, leftOut) };
}

function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function say(name: string, leftOut: { line: number; why: string }[]): Run["missing"] {
  if (leftOut.length === 0) return [];
  const shown = leftOut.slice(0, 5).map(({ line, why }) => `line ${line} (${why})`);
  const more = leftOut.length - shown.length;
  const lines = shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return [{ what: name, why: `${leftOut.length} ${leftOut.length === 1 ? "row" : "rows"} left out: ${lines}` }];
}
