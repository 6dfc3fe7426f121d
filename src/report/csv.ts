/** Request rows as CSV (RFC 4180: CRLF, quotes doubled). Every field is a number or a word of a closed list; null is empty. */
import type { RequestRow } from "../runs/schemas/request.ts";

/** A head, then a line for each row, each with its line end. */
export function* requestsCsv(rows: Iterable<RequestRow>): Generator<string> {
  yield record(columns.map(([name]) => name));
  for (const row of rows) yield record(columns.map(([, of]) => of(row)));
}

type Value = string | number | null;

const columns: readonly (readonly [name: string, of: (row: RequestRow) => Value])[] = [
  ...(
    [
      "id",
      "session",
      "turn",
      "phase",
      "level",
      "worker",
      "status",
      "intended_ms",
      "connect_start_ms",
      "connected_ms",
      "sent_ms",
      "first_byte_ms",
      "first_token_ms",
      "first_content_ms",
      "first_reasoning_ms",
      "first_tool_ms",
      "last_token_ms",
      "end_ms",
      "input_tokens",
      "output_tokens",
      "cached_tokens",
      "reasoning_tokens",
      "token_source",
      "wanted_output_tokens",
      "events",
      "tokens_first_event",
      "burst_events",
      "finish_reason",
    ] as const
  ).map((name) => [name, (row: RequestRow) => row[name]] as const),
  ["gap_p50_ms", (row) => row.gap?.p50 ?? null],
  ["gap_p95_ms", (row) => row.gap?.p95 ?? null],
  ["gap_max_ms", (row) => row.gap?.max ?? null],
  ["gap_count", (row) => row.gap?.count ?? null],
  ["error_kind", (row) => row.error?.kind ?? null],
  ["error_http_status", (row) => row.error?.http_status ?? null],
];

/** One line of CSV, with its end. */
export function record(values: readonly Value[]): string {
  return `${values.map(field).join(",")}\r\n`;
}

function field(value: Value): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
