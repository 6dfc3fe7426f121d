/** What a stream can show: its width, whether colour, whether signs beyond ASCII. Pure. */
import type { TextStyle } from "../report/text-style.ts";
import type { OutputStream } from "./output.ts";

/** The variables that matter, as they are in the environment. */
export interface DrawingEnvironment {
  NO_COLOR?: string | undefined;
  TERM?: string | undefined;
  COLUMNS?: string | undefined;
  LANG?: string | undefined;
  LC_ALL?: string | undefined;
  LC_CTYPE?: string | undefined;
}

const narrowest = 40;
/** Beyond this, a line of prose is hard to read and no table is any better. */
const widest = 120;

export function styleFor(stream: Pick<OutputStream, "isTTY" | "columns">, env: DrawingEnvironment): TextStyle {
  return {
    width: Math.min(widest, Math.max(narrowest, columnsOf(stream, env))),
    // no-color.org: set and not empty.
    colour: isDrawable(stream, env) && (env.NO_COLOR ?? "") === "",
    unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ""),
  };
}

/** The width as it is now. A pseudo-terminal that nobody sized says 0. */
export function columnsOf(stream: Pick<OutputStream, "columns">, env: DrawingEnvironment): number {
  const said = [stream.columns, Number(env.COLUMNS)];
  return said.find((columns) => columns !== undefined && Number.isInteger(columns) && columns > 0) ?? 80;
}

/** A terminal that understands cursor movements. */
export function isDrawable(stream: Pick<OutputStream, "isTTY">, env: DrawingEnvironment): boolean {
  return stream.isTTY === true && env.TERM !== "dumb";
}
