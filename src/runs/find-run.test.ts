import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitCode, UserError } from "../errors.ts";
import { findRun } from "./find-run.ts";
import { listRuns } from "./list-runs.ts";
import { createRun } from "./run-writer.ts";
import { sampleStart } from "./sample-run.fixture.ts";

const older = "20260101-000000-bench-aaaaaa";
const newer = "20260102-000000-bench-bbbbbb";
const newest = "20260102-000000-bench-bbcccc";
let runsDir: string;

beforeEach(async () => {
  runsDir = await mkdtemp(join(tmpdir(), "inferguard-runs-"));
  for (const id of [newest, older, newer]) {
    await mkdir(join(runsDir, id));
    await writeFile(join(runsDir, id, "run.json"), "");
  }
  await mkdir(join(runsDir, "zzz-not-a-run"));
});
afterEach(() => rm(runsDir, { recursive: true, force: true }));

function refusal(argument: string, parent = runsDir): UserError {
  const thrown = thrownBy(() => findRun(parent, argument));
  expect(thrown).toBeInstanceOf(UserError);
  expect(thrown).toMatchObject({ exitCode: exitCode.cannotRun });
  return thrown as UserError;
}

function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}

describe("naming a run", () => {
  it.each([
    ["latest", newest],
    [older, older],
    ["20260101", older],
    ["20260102-000000-bench-bbb", newer],
  ])("%s means %s", (argument, id) => {
    expect(findRun(runsDir, argument)).toBe(join(runsDir, id));
  });

  it("takes the path of a directory anywhere, also a relative one", () => {
    expect(findRun("/nowhere", join(runsDir, older))).toBe(join(runsDir, older));
    expect(findRun("/nowhere", relative(process.cwd(), join(runsDir, older)))).toBe(join(runsDir, older));
  });

  it("asks for more characters when several runs begin so", () => {
    const { message, hint } = refusal("20260102");
    expect(message).toBe(`"20260102" is the beginning of 2 runs: ${newest}, ${newer}`);
    expect(hint).toContain("more characters");
  });

  it("lists the nearest runs when there is none of that name", () => {
    const { message, hint } = refusal("20260101-000000-bench-aaaaab");
    expect(message).toBe(`there is no run "20260101-000000-bench-aaaaab" in ${runsDir}`);
    expect(hint).toMatch(new RegExp(`^the nearest are ${older}, `));
  });

  it("lists the run whose last six characters were typed first", () => {
    expect(refusal("aaaaaa").hint).toMatch(new RegExp(`^the nearest are ${older}, `));
  });

  it.each(["latest", "20260101", ""])("says how to get a run where there is none, for %j", (argument) => {
    const { message, hint } = refusal(argument, join(runsDir, "nothing"));
    expect(message).toBe(`there is no run in ${join(runsDir, "nothing")}`);
    expect(hint).toContain("inferguard bench");
  });

  it("takes nothing at all for no run", () => {
    expect(refusal("").message).toBe(`there is no run "" in ${runsDir}`);
  });
});

describe("listing runs", () => {
  it("shows the newest first, and what cannot be read with the reason", async () => {
    const writer = await createRun(runsDir, { ...sampleStart, name: "nightly" }, expect.fail);
    await writer.finish({ status: "completed", status_reason: null, missing: [] });
    const listed = await listRuns(runsDir);
    expect(listed.map(({ name }) => name)).toEqual([writer.runId, newest, newer, older, "zzz-not-a-run"]);
    expect(listed[0]).toMatchObject({ run: { name: "nightly" }, unreadable: null });
    expect(listed[1]).toMatchObject({ run: null, unreadable: expect.stringContaining("it is not JSON") as unknown });
    expect(listed[4]).toMatchObject({ run: null, unreadable: expect.stringContaining("ENOENT") as unknown });
  });

  it("is empty where there is no directory, and an error where there is a file", async () => {
    expect(await listRuns(join(runsDir, "nothing"))).toEqual([]);
    await expect(listRuns(join(runsDir, older, "run.json"))).rejects.toThrow(UserError);
  });
});
