/** Judges what a metrics URL answered: a page to read, or why it is none. Pure; the bytes were fetched elsewhere. */
import { type Exposition, parseExposition } from "./exposition.ts";
import { normaliseFamilies, type NormalisedPage } from "./normalise.ts";

export interface PageResponse {
  status: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
  /** The body goes on, and was not read. */
  cut: boolean;
}

export type JudgedPage =
  /** `problems` are for a person and may quote the page; `why` is safe for a file. */
  { page: NormalisedPage; why: string | null; problems: string[] } | { page: null; why: string; problems: string[] };

export function judgePage({ status, headers, body, cut }: PageResponse): JudgedPage {
  if (status >= 300 && status < 400)
    return refused(`the server redirects (HTTP ${status})`, [`it names ${headers.get("location") ?? "no target"}`]);
  if (status !== 200) return refused(`HTTP ${status}`);
  const coding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity" && coding !== "") return refused("the page is compressed, which was not asked for");
  const type = mediaType(headers.get("content-type"));
  const text = new TextDecoder().decode(body);
  const other = otherFormat(type, text);
  if (other !== null) return refused(other);
  const format = type === "application/openmetrics-text" ? "openmetrics" : "prometheus";
  return judgeExposition(parseExposition(text, { format, tolerant: true, cut }));
}

function judgeExposition(exposition: Exposition): JudgedPage {
  const { families, leftOut, problemCount } = exposition;
  const problems = exposition.problems.map(({ line, message }) => `line ${line}: ${message}`);
  if (problemCount > problems.length) problems.push(`${problemCount - problems.length} more lines could not be read`);
  if (leftOut !== null) problems.push(`the page is too long; left out: ${leftOut}`);
  if (!families.some(({ samples }) => samples.length > 0)) {
    if (leftOut !== null) return refused("the page is too long, and no family of it is whole", problems);
    return refused(problemCount > 0 ? "the page is not metrics text" : "the page has no metrics", problems);
  }
  const page = normaliseFamilies(families);
  const why = page.engine === null ? "no name on the page is known" : null;
  return { page, why, problems };
}

function refused(why: string, problems: string[] = []): JudgedPage {
  return { page: null, why, problems };
}

function mediaType(contentType: string | undefined): string {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Some servers send metrics under another type, so the text decides unless type and text agree. */
function otherFormat(type: string, text: string): string | null {
  const start = text.slice(0, 100).trimStart();
  if (type === "text/html" || start.startsWith("<")) return "the page is HTML, not metrics text";
  // A metrics page may start with a brace too: {"a quoted name"} 1
  if (type.endsWith("json") || start.startsWith("[") || /^\{\s*(?:"[^"]*"\s*:|\})/.test(start))
    return "the page is JSON, not metrics text (TensorRT-LLM has the text at /prometheus/metrics)";
  return null;
}
