/** How many columns a text takes in a terminal, and breaking it to fit. */

/** Columns of `text`, which holds no control characters: East Asian wide characters and emoji take two, combining marks none. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** `text` filled with spaces to `width` columns. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + space : space + text;
}

/**
 * `text` in lines of at most `width` columns, broken at spaces; a word that is longer than a line is broken where the
 * line ends, or with `whole` not at all: a path that is broken cannot be copied.
 */
export function wrap(text: string, width: number, { whole = false } = {}): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ").filter((part) => part !== "")) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    const longest = whole ? Infinity : width;
    while (textWidth(word) > longest) {
      const head = fitting(word, width);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}

/** The longest beginning of `text` that fits in `width` columns; at least one character. */
export function fitting(text: string, width: number): string {
  let used = 0;
  let head = "";
  for (const character of text) {
    used += characterWidth(character);
    if (used > width && head !== "") break;
    head += character;
  }
  return head;
}

function characterWidth(character: string): number {
  if (/^\p{M}$/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x1100) return 1;
  return /^\p{Emoji_Presentation}$/u.test(character) || wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Blocks whose characters are Wide or Fullwidth in Unicode Standard Annex 11. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];
