/** The smallest parts of a metrics page's line: numbers, quoted strings, names and label blocks. */

/** A line is not what its format allows. The message says why; the caller knows the line's number. */
export class LineError extends Error {
  override readonly name = "LineError";
}

export type Labels = ReadonlyMap<string, string>;

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite decimal number, or undefined: no hexadecimal, no digit separators. */
export function parseDecimal(text: string): number | undefined {
  return decimal.test(text) ? Number(text) : undefined;
}

/** A sample value: a decimal number, an infinity or NaN. */
export function parseValue(text: string): number | undefined {
  const number = parseDecimal(text);
  if (number !== undefined) return number;
  if (/^\+?inf(?:inity)?$/i.test(text)) return Infinity;
  if (/^-inf(?:inity)?$/i.test(text)) return -Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;

/** The metric name that starts at `at`; empty when none does. */
export function readMetricName(line: string, at: number): string {
  metricName.lastIndex = at;
  return metricName.exec(line)?.[0] ?? "";
}

/** The string whose opening quote is at `at`. A backslash before anything but `\`, `"` and `n` stands for itself. */
export function readQuoted(line: string, at: number): { text: string; end: number } {
  let text = "";
  let copied = at + 1;
  for (let i = copied; i < line.length; i++) {
    const character = line[i];
    if (character === '"') return { text: text + line.slice(copied, i), end: i + 1 };
    if (character !== "\\") continue;
    text += line.slice(copied, i) + unescaped(line[++i]);
    copied = i + 1;
  }
  throw new LineError("a quote is not closed");
}

function unescaped(escape: string | undefined): string {
  if (escape === "n") return "\n";
  if (escape === "\\" || escape === '"') return escape;
  return `\\${escape ?? ""}`;
}

export interface LabelBlock {
  /** The metric's name, where it is the quoted first member: `{"a name",label="value"}`. */
  name: string | null;
  labels: Labels;
  end: number;
}

/**
 * The label block whose brace is at `at`. `exact` is OpenMetrics to the letter: no blanks between the parts, no comma
 * after the last label.
 */
export function readLabels(line: string, at: number, exact: boolean): LabelBlock {
  const labels = new Map<string, string>();
  const skip = (from: number) => (exact ? from : skipBlanks(line, from));
  let name: string | null = null;
  let afterComma = false;
  for (let i = at + 1; ;) {
    i = skip(i);
    if (line[i] === "}") {
      if (afterComma && exact) throw new LineError("a comma after the last label");
      return { name, labels, end: i + 1 };
    }
    const first = labels.size === 0 && name === null;
    if (!first && !afterComma) throw new LineError("a comma or a closing brace is missing after a label");
    const key = readKey(line, i);
    i = skip(key.end);
    if (line[i] === "=") {
      i = skip(i + 1);
      if (line[i] !== '"') throw new LineError(`the value of label ${key.text} is not in double quotes`);
      if (labels.has(key.text)) throw new LineError(`label ${key.text} appears twice`);
      const value = readQuoted(line, i);
      labels.set(key.text, value.text);
      i = skip(value.end);
    } else if (key.quoted && first) name = key.text;
    else throw new LineError(`label ${key.text} has no value`);
    afterComma = line[i] === ",";
    if (afterComma) i++;
  }
}

function readKey(line: string, at: number): { text: string; end: number; quoted: boolean } {
  if (line[at] === '"') return { ...readQuoted(line, at), quoted: true };
  labelName.lastIndex = at;
  const text = labelName.exec(line)?.[0];
  if (text === undefined) throw new LineError("a label name is missing or has a character that needs quotes");
  return { text, end: at + text.length, quoted: false };
}

export function skipBlanks(line: string, at: number): number {
  while (line[at] === " " || line[at] === "\t") at++;
  return at;
}
