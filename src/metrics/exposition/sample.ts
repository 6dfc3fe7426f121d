/** One sample line: `name{labels} value [timestamp] [# {labels} value [timestamp]]`. */
import { type Labels, LineError, parseDecimal, parseValue, readLabels, readMetricName, skipBlanks } from "./tokens.ts";

export interface Exemplar {
  labels: Labels;
  value: number;
  timestampMs: number | null;
}

export interface SampleLine {
  name: string;
  labels: Labels;
  value: number;
  timestampMs: number | null;
  exemplar: Exemplar | null;
}

export interface LineSyntax {
  /** OpenMetrics to the letter: single spaces, no comments. Otherwise blanks are free, as in the Prometheus format. */
  exact: boolean;
  /** OpenMetrics stamps samples in seconds, the Prometheus format in milliseconds. */
  timestampUnitMs: 1 | 1000;
  exemplars: boolean;
}

/** @throws LineError */
export function parseSampleLine(line: string, syntax: LineSyntax): SampleLine {
  const { exact } = syntax;
  let at = exact ? 0 : skipBlanks(line, 0);
  const bareName = readMetricName(line, at);
  at += bareName.length;
  const brace = exact ? at : skipBlanks(line, at);
  const block = line[brace] === "{" ? readLabels(line, brace, exact) : null;
  if (bareName !== "" && block !== null && block.name !== null) throw new LineError("the metric has two names");
  const name = block?.name ?? bareName;
  if (name === "") throw new LineError("a metric name is missing or has a character that needs quotes");
  const value = readField(line, block?.end ?? at, exact, !exact && block !== null);
  const sample: SampleLine = {
    name,
    labels: block?.labels ?? noLabels,
    value: toValue(value.text),
    timestampMs: null,
    exemplar: null,
  };
  at = endOfLine(line, value.end, exact);
  if (at === line.length) return sample;
  if (line[skipBlanks(line, at)] !== "#") {
    const timestamp = readField(line, at, exact, false);
    sample.timestampMs = toTimestamp(timestamp.text, syntax);
    at = endOfLine(line, timestamp.end, exact);
    if (at === line.length) return sample;
  }
  sample.exemplar = parseExemplar(line, at, syntax);
  return sample;
}

const noLabels: Labels = new Map();

function parseExemplar(line: string, from: number, syntax: LineSyntax): Exemplar {
  const { exact } = syntax;
  let at = afterBlank(line, from, exact, false);
  if (line[at] !== "#") throw new LineError(`${shown(line.slice(at))} comes after the value`);
  if (!syntax.exemplars) throw new LineError("this format has no exemplars");
  at = afterBlank(line, at + 1, exact, false);
  if (line[at] !== "{") throw new LineError("an exemplar must start with its labels");
  const block = readLabels(line, at, exact);
  if (block.name !== null) throw new LineError("an exemplar has no name");
  const value = readField(line, block.end, exact, false);
  at = endOfLine(line, value.end, exact);
  if (at === line.length) return { labels: block.labels, value: toValue(value.text), timestampMs: null };
  const timestamp = readField(line, at, exact, false);
  if (endOfLine(line, timestamp.end, exact) !== line.length) throw new LineError("the line goes on after the exemplar");
  return { labels: block.labels, value: toValue(value.text), timestampMs: toTimestamp(timestamp.text, syntax) };
}

/** The field after a blank, which may be left out where `optionalBlank`. */
function readField(line: string, from: number, exact: boolean, optionalBlank: boolean): { text: string; end: number } {
  const at = afterBlank(line, from, exact, optionalBlank);
  let end = at;
  while (end < line.length && line[end] !== " " && line[end] !== "\t") end++;
  return { text: line.slice(at, end), end };
}

function afterBlank(line: string, at: number, exact: boolean, optional: boolean): number {
  if (exact && line[at] === " ") return at + 1;
  const next = exact ? at : skipBlanks(line, at);
  if (next === at && !optional)
    throw new LineError(at >= line.length ? "the line ends too early" : "a space is missing");
  return next;
}

/** `at`, or the line's end where only blanks that do not count are left. */
function endOfLine(line: string, at: number, exact: boolean): number {
  return !exact && skipBlanks(line, at) === line.length ? line.length : at;
}

function toValue(text: string): number {
  const value = parseValue(text);
  if (value === undefined) throw new LineError(`${shown(text)} is not a number`);
  return value;
}

function toTimestamp(text: string, syntax: LineSyntax): number {
  const value = parseDecimal(text);
  if (value === undefined) throw new LineError(`${shown(text)} is not a timestamp`);
  return value * syntax.timestampUnitMs;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
