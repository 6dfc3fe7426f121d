/** A row of a trace, whatever the file's format, and the checks of its values. */
import { exitCode, UserError } from "../errors.ts";

/** One request, as the file has it. `where`: which, for a person. */
export interface TraceRow {
  where: string;
  /** Null where the file has no times. */
  atMs: number | null;
  inputTokens: number;
  outputTokens: number | null;
  /** Equal numbers stand for equal text, with all that comes before it. */
  blocks: readonly number[];
  /** Tokens of a block; null where the row has no blocks, and shares nothing with another. */
  blockTokens: number | null;
  /** Only full blocks are listed: what is left of the input is the row's own. */
  fullOnly: boolean;
}

/** Nothing is sent of a file with such a row. */
export function unusable(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: exitCode.cannotRun, ...(hint === undefined ? {} : { hint }) });
}

const MOST_TOKENS = 10_000_000;

/** `refuse` makes the error that names the row. */
export function whole(value: unknown, name: string, refuse: (what: string) => Error): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > MOST_TOKENS)
    throw refuse(`${name} is ${value === undefined ? "missing" : `not a whole number from 0 to ${MOST_TOKENS}`}`);
  return value;
}

export function wholes(value: unknown, name: string, refuse: (what: string) => Error): number[] {
  if (!Array.isArray(value) || !value.every((each) => Number.isSafeInteger(each) && Number(each) >= 0))
    throw refuse(`${name} is not a list of whole numbers`);
  return value as number[];
}
