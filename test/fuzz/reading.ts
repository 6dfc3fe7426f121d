/** What became of one HTTP response, in a form in which two readers can be compared. */
export interface Reading {
  status: number | null;
  /** `name: value` lines, sorted, names in lower case. */
  headers: string;
  body: string;
  keepAlive: boolean;
  /** How many bytes were the response's; -1 when it was faulty, or when a reader does not tell. */
  taken: number;
  /** Null when the response was whole. */
  error: string | null;
}

/** Alike to whoever asked for the response, wherever its bytes ended. */
export function sameResponse(a: Reading, b: Reading): boolean {
  return (
    a.error === b.error &&
    a.status === b.status &&
    a.body === b.body &&
    a.headers === b.headers &&
    a.keepAlive === b.keepAlive
  );
}

export function headerText(headers: Iterable<readonly [string, string]>): string {
  return Array.from(headers, ([name, value]) => `${name}: ${value}`)
    .sort()
    .join("\n");
}
