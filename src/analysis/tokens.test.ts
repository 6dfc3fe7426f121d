import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { Basis } from "./distribution.ts";
import { concurrency, failed, levelOf, requestRow } from "./rows.fixture.ts";
import { tokensOf } from "./tokens.ts";

const basis: Basis = {
  footing: { claim: "measured", why: null },
  blockLength: 1,
  random: () => seededRandom("draw"),
};
const of = (rows: RequestRow[]) => tokensOf(levelOf(concurrency(1), rows), basis);

describe("token counts", () => {
  it("are those of answered requests, by the server's count", () => {
    const tokens = of([
      requestRow(),
      requestRow({ id: 1, input_tokens: 40, output_tokens: 30 }),
      failed({ id: 2, input_tokens: 1000 }),
    ]);
    expect(tokens.input).toMatchObject({ unit: "tokens", samples: 2, mean: 30, claim: "measured" });
    expect(tokens.output).toMatchObject({ samples: 2, mean: 20 });
    expect(tokens.wanted_output).toMatchObject({ samples: 2, mean: 10 });
  });

  it("are not proven where the server gave none and no tokenizer was named", () => {
    const tokens = of([
      requestRow({ input_tokens: null, output_tokens: null, wanted_output_tokens: null, token_source: "none" }),
    ]);
    expect(tokens.output).toMatchObject({
      samples: 0,
      mean: null,
      claim: "not_proven",
      why: "nobody counted the output tokens",
    });
    expect(tokens.wanted_output.why).toBe("no output length was asked for");
  });

  it("of a tokenizer are inferred", () => {
    expect(of([requestRow({ token_source: "tokenizer" })]).output).toMatchObject({ claim: "inferred" });
  });
});

describe("the cached share", () => {
  it("is cached tokens over input tokens, not a mean of shares", () => {
    const rows = [
      requestRow({ input_tokens: 10, cached_tokens: 10 }),
      requestRow({ id: 1, input_tokens: 990, cached_tokens: 90 }),
    ];
    expect(of(rows).cached_fraction).toEqual({ value: 0.1, unit: "ratio", claim: "measured", why: null });
  });

  it("says when only some replies tell, and when none does", () => {
    expect(of([requestRow({ cached_tokens: 5 }), requestRow({ id: 1 })]).cached_fraction).toEqual({
      value: 0.25,
      unit: "ratio",
      claim: "inferred",
      why: "of the 1 of 2 replies that say it",
    });
    expect(of([requestRow()]).cached_fraction).toMatchObject({ value: null, claim: "not_proven" });
  });
});
