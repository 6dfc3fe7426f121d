/** JSON as this project writes and reads it: canonical documents (RFC 8785), and lines that survive a torn end. */

/**
 * RFC 8785 canonical JSON: sorted keys, no white space, ECMAScript number form.
 * @throws TypeError for NaN, infinities, lone surrogates and values that JSON has no form for.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON has no form for ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("canonical JSON has no form for a lone surrogate");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`canonical JSON has no form for a ${typeof value}`);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is what < does.
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** A document for people and tools: two-space indent and a final newline. */
export function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** One JSONL line with its newline. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

export type ParsedLine = { line: number; value: unknown } | { line: number; error: string; torn: boolean };

/**
 * The lines of a JSONL text, numbered from 1; blank lines are skipped. A last line without a newline that is not JSON is
 * `torn`: its writer was killed half-way. Any other line that is not JSON is an `error`.
 */
export function* parseJsonLines(text: string): Generator<ParsedLine> {
  let line = 0;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const slice = text.slice(start, end);
    start = end + 1;
    line++;
    if (slice.trim() === "") continue;
    try {
      yield { line, value: JSON.parse(slice) };
    } catch (error) {
      yield { line, error: error instanceof Error ? error.message : String(error), torn: newline < 0 };
    }
  }
}
