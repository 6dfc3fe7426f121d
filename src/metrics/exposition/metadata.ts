/** One line that starts with `#`: what a family is, the end of the page, or a comment. */
import { LineError, readMetricName, readQuoted } from "./tokens.ts";

export const familyTypes = [
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
  "unknown",
] as const;
export type FamilyType = (typeof familyTypes)[number];

/** A line that says something of a family. */
export type FamilyMetadata =
  | { keyword: "HELP" | "UNIT"; name: string; text: string }
  | { keyword: "TYPE"; name: string; type: FamilyType };
export type MetadataLine = FamilyMetadata | { keyword: "EOF" } | { keyword: "comment" };

/**
 * `exact` is OpenMetrics to the letter, where every such line is metadata or the end. The Prometheus format has free
 * comments and says `untyped` for unknown.
 * @throws LineError
 */
export function parseMetadataLine(line: string, exact: boolean): MetadataLine {
  const match = (exact ? /^# (HELP|TYPE|UNIT|EOF)/ : /^[ \t]*#[ \t]*(HELP|TYPE|UNIT|EOF)(?=[ \t]|$)/).exec(line);
  const keyword = match?.[1] as "HELP" | "TYPE" | "UNIT" | "EOF" | undefined;
  if (match === null || keyword === undefined) {
    if (exact) throw new LineError("only HELP, TYPE, UNIT and EOF may follow #");
    return { keyword: "comment" };
  }
  const rest = line.slice(match[0].length);
  if (keyword === "EOF") {
    if (exact && rest !== "") throw new LineError("there is text after EOF");
    return { keyword };
  }
  const parts = splitName(exact ? rest : rest.replace(/^[ \t]+/, " "), exact);
  if (parts === null) {
    // UNIT is an ordinary comment in the Prometheus format.
    if (keyword === "UNIT" && !exact) return { keyword: "comment" };
    throw new LineError(`${keyword} needs a metric name and a text, with one space before each`);
  }
  if (keyword === "TYPE") return { keyword, name: parts.name, type: toType(parts.text, exact) };
  return { keyword, name: parts.name, text: unescapeText(parts.text, exact) };
}

function splitName(rest: string, exact: boolean): { name: string; text: string } | null {
  if (rest[0] !== " ") return null;
  const quoted = rest[1] === '"' ? readQuoted(rest, 1) : null;
  const name = quoted?.text ?? readMetricName(rest, 1);
  if (name === "") return null;
  const after = rest.slice(quoted?.end ?? 1 + name.length);
  if (exact) return after[0] === " " ? { name, text: after.slice(1) } : null;
  return after === "" || /^[ \t]/.test(after) ? { name, text: after.replace(/^[ \t]+/, "") } : null;
}

function toType(text: string, exact: boolean): FamilyType {
  const word = exact ? text : text.trimEnd();
  if (!exact && word === "untyped") return "unknown";
  const type = familyTypes.find((known) => known === word);
  if (type === undefined) throw new LineError(`${JSON.stringify(word.slice(0, 40))} is not a metric type`);
  return type;
}

/** Only OpenMetrics escapes quotes in a help text. */
function unescapeText(text: string, openMetrics: boolean): string {
  return text.replace(openMetrics ? /\\([\\n"])/g : /\\([\\n])/g, (_, escape: string) =>
    escape === "n" ? "\n" : escape,
  );
}
