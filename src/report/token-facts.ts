/** Tokens of a request, on average over the levels. */
import type { Distribution, LevelSummary } from "../runs/schemas/summary.ts";
import { claimMark } from "./cells.ts";
import { decimal, noValue, percent } from "./format.ts";
import type { Fact } from "./model.ts";
import { printable } from "./printable.ts";

/** What was wanted against what came: a server that stops early flatters its E2E. */
export function tokensFacts(levels: readonly LevelSummary[]): Fact[] {
  const all = (of: (level: LevelSummary) => Distribution) => meanOf(levels.map(of));
  const input = all((level) => level.tokens.input);
  const output = all((level) => level.tokens.output);
  const wanted = all((level) => level.tokens.wanted_output);
  if (input.mean === null && output.mean === null) {
    const why = output.why ?? input.why;
    return [
      {
        label: "Tokens",
        text: why === null ? "not known" : `not known: ${printable(why)}`,
        tone: "warn",
      },
    ];
  }
  const cached = levels.length === 1 ? levels[0]?.tokens.cached_fraction.value : null;
  const parts = [
    `input ${tokens(input)}${cached === null || cached === undefined ? "" : ` (${percent(cached)} cached)`}`,
    `output ${tokens(output)}${wanted.mean === null ? "" : ` of ${decimal(wanted.mean)} wanted`}`,
  ];
  return [{ label: "Tokens", text: `${parts.join(", ")}, on average for a request` }];
}

function meanOf(distributions: readonly Distribution[]): {
  mean: number | null;
  mark: string;
  why: string | null;
} {
  const known = distributions.filter((distribution) => distribution.mean !== null && distribution.samples > 0);
  const samples = known.reduce((sum, distribution) => sum + distribution.samples, 0);
  const total = known.reduce((sum, distribution) => sum + (distribution.mean ?? 0) * distribution.samples, 0);
  return {
    mean: samples === 0 ? null : total / samples,
    mark: claimMark(known.find((distribution) => claimMark(distribution.claim) !== "")?.claim ?? "measured"),
    why: distributions.find((distribution) => distribution.why !== null)?.why ?? null,
  };
}

function tokens({ mean, mark }: { mean: number | null; mark: string }): string {
  return mean === null ? noValue : mark + decimal(mean);
}
