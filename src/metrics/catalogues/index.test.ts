import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogues } from "./index.ts";
import { dcgm } from "./dcgm.ts";

describe.each(catalogues)("the $engine catalogue", ({ entries, notUsed }) => {
  it("writes raw names without _total, and no name twice for the same thing", () => {
    expect(entries.filter(({ raw }) => raw.endsWith("_total"))).toEqual([]);
    const keys = entries.map(({ raw, name }) => `${raw} ${name}`);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it("uses nothing that it says it does not use", () => {
    expect(entries.filter(({ raw }) => Object.hasOwn(notUsed, raw))).toEqual([]);
  });
});

it("knows the fields of dcgm-exporter's defaults that bear on load", () => {
  const csv = readFileSync(
    new URL("../../../test/fixtures/expositions/dcgm-default-counters.csv", import.meta.url),
    "utf8",
  );
  const fields = [...csv.matchAll(/^(?:# )?DCGM_FI_(\w+) *,/gm)].map((match) => match[1] as string);
  expect(fields.length).toBeGreaterThan(30);
  expect(dcgm.entries.map(({ raw }) => raw).filter((raw) => !fields.includes(raw))).toEqual([]);
});
