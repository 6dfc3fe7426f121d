import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { faults } from "./faults.ts";
import { profiles } from "./profiles.ts";

const text = readFileSync(new URL("../../docs/mimic.md", import.meta.url), "utf8");

it("docs/mimic.md has a row for each fault, with its words, and no other", () => {
  const rows = text.slice(text.indexOf("## Faults")).match(/^\| `.*$/gm);
  expect(rows).toEqual(
    Object.entries(faults).map(([name, { about, value }]) => {
      const number = value === undefined ? "" : `${value.means}, ${value.default}`;
      return `| \`${name}\` | ${about} | ${number} |`;
    }),
  );
});

it("docs/mimic.md names each profile", () => {
  const table = text.slice(text.indexOf("## Profiles"), text.indexOf("## What it serves"));
  expect(new Set(table.match(/`[a-z0-9-]+`/g))).toEqual(new Set(profiles.map(({ name }) => `\`${name}\``)));
});
