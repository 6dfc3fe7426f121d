/** HTML and SVG as text. Every value goes through `escaped`: names of models and tools are data of others. */

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** An element. `content` is markup; a text has to be escaped before. Attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...content: readonly string[]
): string {
  const head = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? shortNumber(value) : String(value))}"`)
    .join("");
  return `<${name}${head}>${content.join("")}</${name}>`;
}

/** A hundredth of a pixel is enough. */
function shortNumber(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/**
 * An image with a name and a description that is read aloud in its stead. `id` is unique in the page. On a page that is
 * narrower than `leastWidth` it is moved about, so that its text can still be read.
 */
export function image(
  {
    id,
    title,
    description,
    width,
    height,
    leastWidth,
  }: { id: string; title: string; description: string; width: number; height: number; leastWidth: number },
  ...content: readonly string[]
): string {
  const svg = element(
    "svg",
    {
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      role: "img",
      "aria-labelledby": `${id}-title ${id}-text`,
      style: `min-width:${leastWidth}px`,
    },
    element("title", { id: `${id}-title` }, escaped(title)),
    element("desc", { id: `${id}-text` }, escaped(description)),
    ...content,
  );
  return element("div", { class: "chart", tabindex: 0 }, svg);
}
