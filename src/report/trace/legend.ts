/** What the colours of a chart mean, in a line at its top. */
import { element, escaped } from "../html/markup.ts";

export function legend(parts: readonly { className: string; text: string }[]): string {
  let x = 0;
  return parts
    .map(({ className, text }) => {
      const at = x;
      x += 34 + text.length * 7;
      return (
        element("rect", { x: at, y: 4, width: 12, height: 12, class: className }) +
        element("text", { x: at + 18, y: 14 }, escaped(text))
      );
    })
    .join("");
}
