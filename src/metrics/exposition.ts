/**
 * Reads a metrics page: the Prometheus text format 0.0.4 and OpenMetrics 1.0. It reads strictly, for a page that must be
 * right, or tolerantly, for a page that a server happens to have: then a bad line costs only itself.
 */
import { BrokenRule } from "./exposition/broken-rule.ts";
import { collectFamilies, type Family } from "./exposition/families.ts";
import { parseMetadataLine } from "./exposition/metadata.ts";
import { checkFamilies } from "./exposition/openmetrics-rules.ts";
import { type LineSyntax, parseSampleLine } from "./exposition/sample.ts";
import { LineError } from "./exposition/tokens.ts";

export interface ExpositionOptions {
  format: "prometheus" | "openmetrics";
  /** Skip a bad line and go on; blanks and comments are free in both formats. */
  tolerant?: boolean;
  /**
   * The text ends in the middle of the page, because the caller stopped reading. Its last line may be torn, and families
   * may lack series, so these are left out: a sum over half of the series would look like a measurement.
   */
  cut?: boolean;
}

export interface Exposition {
  families: Family[];
  /** The first bad lines, at most 20, and how many there were. */
  problems: { line: number; message: string }[];
  problemCount: number;
  /** What `cut` left out, for a person. */
  leftOut: string | null;
}

/** A page that is not what its format demands. `line` counts from 1. */
export class ExpositionError extends Error {
  override readonly name = "ExpositionError";
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

const MAX_PROBLEMS = 20;

/** @throws ExpositionError at the first fault, unless `tolerant`. */
export function parseExposition(text: string, options: ExpositionOptions): Exposition {
  const { format, tolerant = false, cut = false } = options;
  const openMetrics = format === "openmetrics";
  const exact = openMetrics && !tolerant;
  const syntax: LineSyntax = { exact, timestampUnitMs: openMetrics ? 1000 : 1, exemplars: openMetrics || tolerant };
  const result: Exposition = { families: [], problems: [], problemCount: 0, leftOut: null };
  const collector = collectFamilies(exact);
  let ended = false;
  let line = 0;

  const report = (message: string) => {
    if (!tolerant) throw new ExpositionError(line, message);
    if (++result.problemCount <= MAX_PROBLEMS) result.problems.push({ line, message });
  };
  const readLine = (content: string) => {
    if (ended) throw new LineError("there is text after # EOF");
    if (!exact && content.trim() === "") return;
    if (!isMetadata(content, exact)) return collector.addSample(parseSampleLine(content, syntax), line);
    const metadata = parseMetadataLine(content, exact);
    if (metadata.keyword === "EOF") ended = openMetrics;
    else if (metadata.keyword !== "comment") collector.addMetadata(metadata, line);
  };

  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    if (newline < 0 && cut) break;
    const end = newline < 0 ? text.length : newline;
    line++;
    try {
      readLine(text.slice(start, !exact && text[end - 1] === "\r" ? end - 1 : end));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      report(error.message);
    }
    start = end + 1;
  }
  if (cut) {
    const dropped = collector.dropUnfinished();
    result.leftOut = `everything after line ${line}${dropped.length === 0 ? "" : `, and the whole of ${dropped.join(", ")}`}`;
  } else if (openMetrics && !ended) report("the page does not end with # EOF: it may have been cut short");
  result.families = collector.families();
  if (exact) checkRules(result.families);
  return result;
}

function isMetadata(content: string, exact: boolean): boolean {
  return exact ? content.startsWith("#") : /^[ \t]*#/.test(content);
}

function checkRules(families: readonly Family[]): void {
  try {
    checkFamilies(families);
  } catch (error) {
    throw error instanceof BrokenRule ? new ExpositionError(error.line, error.message) : error;
  }
}
