/** Takes a response's text apart, well-formed or not, and puts it together again with one part changed. */

const interim = /HTTP\/1\.[01] 1[0-9]{2}(?: [^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n/y;

export function mapInterims(text: string, change: (interims: string) => string): string {
  const end = endOfInterims(text);
  return change(text.slice(0, end)) + text.slice(end);
}

/** The final response's status line and headers, without the empty line; the `$` of a line is before its line end. */
export function mapHead(text: string, change: (head: string) => string): string {
  const start = endOfInterims(text);
  const end = endOfHead(text);
  return (
    text.slice(0, start) +
    change(text.slice(start, end).replaceAll("\r\n", "\n")).replaceAll("\n", "\r\n") +
    text.slice(end)
  );
}

/** The body of a response that says that it has chunks. */
export function mapChunks(text: string, change: (chunks: string) => string): string {
  if (!/\r\ntransfer-encoding:/i.test(text.slice(endOfInterims(text), endOfHead(text)))) return text;
  const start = endOfHead(text) + 4;
  return text.slice(0, start) + change(text.slice(start));
}

/** Chunk size lines with nothing but their size, up to the first that is not well-formed. */
export function plainChunks(body: string, without: "blanks" | "blanks and extensions"): string {
  return walkChunks(body, (size, extension) => (without === "blanks" ? `${size}${extension}` : size)).text;
}

export function renameTrailers(body: string, names: RegExp, name: string): string {
  const { text, trailersAt } = walkChunks(body, (size, extension, blanks) => `${size}${blanks}${extension}`);
  return text.slice(0, trailersAt) + text.slice(trailersAt).replace(names, name);
}

function walkChunks(
  body: string,
  sizeLine: (size: string, extension: string, blanks: string) => string,
): { text: string; trailersAt: number } {
  const line = /([0-9a-f]{1,12})([ \t]*)((?:;[\t\x20-\x7e\x80-\xff]*)?)\r\n/iy;
  let text = "";
  let at = 0;
  for (let match = line.exec(body); match !== null; match = line.exec(body)) {
    const [whole, size, blanks, extension] = match as unknown as [string, string, string, string];
    text += `${sizeLine(size, extension, blanks)}\r\n`;
    at += whole.length;
    const length = Number.parseInt(size, 16);
    if (length === 0) return { text: text + body.slice(at), trailersAt: text.length };
    text += body.slice(at, at + length + 2);
    at += length + 2;
    line.lastIndex = at;
  }
  const whole = text + body.slice(at);
  return { text: whole, trailersAt: whole.length };
}

function endOfInterims(text: string): number {
  let end = 0;
  for (interim.lastIndex = 0; interim.test(text);) end = interim.lastIndex;
  return end;
}

function endOfHead(text: string): number {
  const end = text.indexOf("\r\n\r\n", endOfInterims(text));
  return end < 0 ? text.length : end;
}
