/** Token counts of answered requests: the server's own where it gave them, never a guess from the length of a text. */
import type { RequestRow } from "../runs/schemas/request.ts";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { distributionOf, type Basis } from "./distribution.ts";
import { figure } from "./figures.ts";
import type { LevelRows } from "./level-rows.ts";

export function tokensOf({ ok }: LevelRows, basis: Basis): LevelSummary["tokens"] {
  const of = (count: (row: RequestRow) => number | null, doubt: string | null, none: string) => {
    const values = Float64Array.from(ok.flatMap((row) => count(row) ?? []));
    return distributionOf(
      basis,
      { unit: "tokens", doubt, none: ok.length === 0 ? "no request was answered" : none },
      values,
    );
  };
  const input = (row: RequestRow) => row.input_tokens;
  const output = (row: RequestRow) => row.output_tokens;
  return {
    input: of(input, sourceDoubt(ok), "nobody counted the input tokens"),
    output: of(output, sourceDoubt(ok), "nobody counted the output tokens"),
    wanted_output: of((row) => row.wanted_output_tokens, null, "no output length was asked for"),
    cached_fraction: cachedFraction(ok, basis),
  };
}

/** What a sum of token counts rests on: a count that is missing makes it a lower bound, a tokenizer's is not the server's. */
export function tokenDoubt(ok: readonly RequestRow[], count: (row: RequestRow) => number | null): string | null {
  const missing = ok.filter((row) => count(row) === null).length;
  const lowerBound = missing === 0 ? null : `a lower bound: ${missing} of ${ok.length} replies have no token count`;
  const doubts = [sourceDoubt(ok), lowerBound].filter((doubt) => doubt !== null);
  return doubts.length === 0 ? null : doubts.join("; ");
}

function sourceDoubt(ok: readonly RequestRow[]): string | null {
  const local = ok.filter((row) => row.token_source === "tokenizer").length;
  return local === 0 ? null : `in ${local} of ${ok.length} replies a tokenizer counted the tokens, not the server`;
}

function cachedFraction(ok: readonly RequestRow[], { footing }: Basis) {
  const known = ok.filter((row) => row.cached_tokens !== null && row.input_tokens !== null);
  const inputTokens = known.reduce((sum, row) => sum + (row.input_tokens ?? 0), 0);
  if (inputTokens === 0)
    return figure(footing, "ratio", null, "the server does not say how many input tokens were cached");
  const cachedTokens = known.reduce((sum, row) => sum + (row.cached_tokens ?? 0), 0);
  const doubt =
    known.length === ok.length ? sourceDoubt(ok) : `of the ${known.length} of ${ok.length} replies that say it`;
  return figure(footing, "ratio", cachedTokens / inputTokens, doubt);
}
