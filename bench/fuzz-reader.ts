/**
 * Fuzzes the readers of bytes: `node bench/fuzz-reader.ts --cases 10000000 --seed 1 [--target responses|events]`.
 * Prints every disagreement, as small as it can be made, and exits 1 if there is one. `--first NUMBER --cases 1` repeats
 * one case.
 */
import { parseArgs } from "node:util";
import { monotonicMs } from "../src/clock.ts";
import { fuzzEvents } from "../test/fuzz/fuzz-events.ts";
import { fuzzResponses } from "../test/fuzz/fuzz-responses.ts";
import { passedOver, stricter } from "../test/fuzz/known-differences.ts";

const { values } = parseArgs({
  options: {
    first: { type: "string", default: "0" },
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    target: { type: "string", default: "responses" },
  },
});
const options = { first: Number(values.first), cases: Number(values.cases), seed: Number(values.seed), most: 10 };

const startMs = monotonicMs();
const { cases, known, disagreements } = values.target === "events" ? fuzzEvents(options) : fuzzResponses(options);
const seconds = (monotonicMs() - startMs) / 1000;

const tables = [
  ["passed over here, not by Node", passedOver],
  ["refused here, not by Node", stricter],
] as const;
for (const [title, table] of known.size > 0 ? tables : []) {
  console.log(`${title}:`);
  for (const { name, reason } of table) console.log(`${String(known.get(name)).padStart(9)}  ${name}: ${reason}`);
}
for (const disagreement of disagreements) console.log(JSON.stringify(disagreement, null, 2));
console.log(
  `${cases} cases of ${values.target} (seed ${options.seed}), ${seconds.toFixed(1)} s, ${((seconds / cases) * 1e6).toFixed(1)} us a case: ` +
    (disagreements.length === 0 ? "no disagreement" : `${disagreements.length} disagreements, then stopped`),
);
process.exitCode = disagreements.length === 0 ? 0 : 1;
