/** The operator's checklist, docs/telemetry/v0/check.sh, as an operator runs it: with `inferguard` on the PATH. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, repositoryRoot, runProgram, withTempHome } from "./cli.ts";

/** Saves the time of all that the fault does not touch. */
const noMore = 'case "$1 $2" in bench*|*verify-payload|*disable|*log|*audit) exit 9;; esac';

const checklist = join(repositoryRoot, "docs/telemetry/v0/check.sh");

/** @param before lines of shell that stand in front of the program, to make another one of it */
function runChecklist(before = "") {
  return withTempHome(async (home) => {
    const path = join(home, "bin");
    mkdirSync(path);
    writeFileSync(join(path, "inferguard"), `#!/bin/sh\n${before}\nexec '${process.execPath}' '${bin}' "$@"\n`);
    chmodSync(join(path, "inferguard"), 0o755);
    const env = { PATH: `${path}:/usr/bin:/bin`, TMPDIR: home };
    const result = await runProgram("sh", [checklist], { home, env, timeoutMs: 120_000 });
    return { ...result, left: readdirSync(home) };
  });
}

describe("the operator's checklist", () => {
  it("passes with this program, and changes nothing of the user's", async () => {
    const { code, stdout, left } = await runChecklist();
    expect({ code, bad: stdout.split("\n").filter((line) => line.startsWith("BAD")) }).toEqual({ code: 0, bad: [] });
    expect(stdout.match(/^good {2}/gm)?.length).toBeGreaterThan(30);
    expect(stdout).toMatch(/every check is good\n$/);
    expect(left).toEqual(["bin"]);
  }, 130_000);

  it.each([
    [
      "writes when it is asked for the status",
      `[ "$2" = status ] && touch "$HOME/.asked"`,
      "BAD   status creates nothing",
    ],
    ["overlooks an override", "unset DO_NOT_TRACK", "BAD   DO_NOT_TRACK=true refuses telemetry enable"],
  ])(
    "fails with a program that %s",
    async (_, before, line) => {
      const { code, stdout } = await runChecklist(`${before}\n${noMore}`);
      expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining(line) as string });
      expect(stdout).not.toContain("every check is good");
    },
    130_000,
  );
});
