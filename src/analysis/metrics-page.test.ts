import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { samplesNeeded } from "./quantiles.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../docs/metrics.md");
const codes = ["./notes.ts", "./level-notes.ts"].flatMap((file) =>
  [...read(file).matchAll(/code: "([A-Z_]+)"/g)].map(([, code]) => code as string),
);

describe("docs/metrics.md", () => {
  it("has an entry for every note, and for none that does not exist", () => {
    expect(codes.length).toBeGreaterThan(10);
    const notes = page.slice(page.indexOf("\n## Notes"));
    const documented = [...notes.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code as string);
    expect(documented.toSorted()).toEqual(codes.toSorted());
  });

  it("gives the numbers of samples that percentiles need", () => {
    const row = Object.values(samplesNeeded).map((needed) => needed.toLocaleString("en"));
    expect(page).toContain(`| ${row.join(" | ")} |`);
  });
});
