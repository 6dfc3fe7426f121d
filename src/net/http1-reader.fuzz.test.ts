import { expect, it } from "vitest";
import { fuzzResponses } from "../../test/fuzz/fuzz-responses.ts";

// bench/fuzz-reader.ts runs millions of these.
it("4,000 drawn responses, half of them damaged, are read alike however they are cut, and as Node's parser reads them", () => {
  const { known, disagreements } = fuzzResponses({ first: 0, cases: 4000, seed: 3, most: 3 });
  expect(disagreements).toEqual([]);
  expect(known.get("chunk extensions of any form")).toBeGreaterThan(0);
});
