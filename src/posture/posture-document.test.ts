/** Holds docs/telemetry/v0/POSTURE.md to the tests that it names, and its recipe to what it says of it. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const document = readFileSync(join(root, "docs/telemetry/v0/POSTURE.md"), "utf8");
const sections = document.split(/^## /m).slice(1);

describe("the posture's document", () => {
  it("has twelve numbered sections", () => {
    expect(sections.map((section) => section.split(".")[0])).toEqual(
      Array.from({ length: 12 }, (_, index) => `${index + 1}`),
    );
  });

  const claims = [...document.matchAll(/^\| (?<claim>[^|]+) \| (?<test>[^|]*\.test\.ts[^|]*) \|$/gm)];
  const cited = claims.map(({ groups }) => /^`(?<file>[^`]+)`: "(?<title>.+)"$/.exec(groups?.["test"] ?? "")?.groups);

  it("names a test for each claim in its tables, by file and title", () => {
    expect(cited.length).toBeGreaterThan(15);
    expect(cited).not.toContain(undefined);
  });

  it.each(cited.map((test) => [test?.["title"] ?? "", test?.["file"] ?? ""]))(
    "names the test %j, which is in %s",
    (title, file) => {
      expect(existsSync(join(root, file))).toBe(true);
      expect(readFileSync(join(root, file), "utf8").includes(JSON.stringify(title))).toBe(true);
    },
  );
});

describe("the posture's recipe", () => {
  const recipe = /```sh\n(?<recipe>grep [^`]*)```/.exec(sections[6] ?? "")?.groups?.["recipe"] ?? "";
  const run = (directory: string) => spawnSync("sh", ["-c", recipe], { cwd: directory, encoding: "utf8" });
  let copy: string;

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), "inferguard-sources-"));
    cpSync(join(root, "src"), join(copy, "src"), { recursive: true });
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  it("prints nothing for these sources", () => {
    expect(run(copy)).toMatchObject({ stdout: "", stderr: "" });
  });

  it.each([
    `import { connect } from "node:net";`,
    `import "https";`,
    `const { lookup } = await import('node:dns/promises');`,
    `export * from "node:worker_threads";`,
    `await fetch(url);`,
    `new WebSocket(url);`,
  ])("prints a line for %s", (planted) => {
    writeFileSync(join(copy, "src/analysis/planted.ts"), `${planted}\n`);
    expect(run(copy).stdout).toBe(`src/analysis/planted.ts:1:${planted}\n`);
  });

  it("prints a line for a call in src/net too", () => {
    writeFileSync(join(copy, "src/net/planted.ts"), "await fetch(url);\n");
    expect(run(copy).stdout).toBe("src/net/planted.ts:1:await fetch(url);\n");
  });
});
