/**
 * Text that came from outside (a model's name, a host, an error) made harmless before it is shown: what would move a
 * cursor, start an escape sequence, reverse the reading direction or stand invisible is written out as an escape.
 */

/**
 * `text` on one line: controls, line and paragraph separators, direction and other format characters, private and
 * unassigned code points, and lone surrogates become `\x1b` or `\u{202e}`. What is longer than `longest` characters is cut,
 * with an ellipsis.
 */
export function printable(text: string, longest = 200): string {
  const shown = text.replace(/[\p{C}\p{Zl}\p{Zp}]|[^\S ]/gu, escaped);
  const characters = Array.from(shown);
  return characters.length <= longest ? shown : `${characters.slice(0, longest - 1).join("")}…`;
}

/** The same for text of several lines, such as a stack: line feeds stay, and nothing is cut. */
export function printableLines(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => (character === "\n" ? "\n" : escaped(character)));
}

/** `text` in printable ASCII: the few signs that the report itself uses have a spelling, the rest is escaped. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e\n]/gu, (character) => spelling[character] ?? escaped(character));
}

const spelling: Record<string, string> = {
  "—": "-",
  "─": "-",
  "…": "...",
  "±": "+/-",
  "≤": "<=",
  "·": ".",
  "▁": "_",
  "▂": ",",
  "▃": "-",
  "▄": "~",
  "▅": "=",
  "▆": "+",
  "▇": "*",
  "█": "#",
  "░": ".",
  "▓": "=",
  "│": "|",
  "├": "|",
  "└": "`",
  "–": "-",
  "×": "x",
  "°": "",
};

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
