import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../clock.ts";
import { grantConsent, makeHome, type TestHome } from "./consent.fixture.ts";
import { headOf, verifyChain } from "./ledger-chain.ts";
import type { LedgerFact } from "./ledger-entry.ts";
import { ownHolder, stateOfHolder } from "../private/holder.ts";
import { readLedgerKey, writeLedgerKey } from "./ledger-key.ts";
import { readLedger } from "./ledger-file.ts";
import { appendLedger, withLedger } from "./ledger.ts";

let home: TestHome;
let path: string;
beforeEach(() => {
  home = makeHome();
  path = join(home.folder.path, "ledger.jsonl");
});
afterEach(() => home.remove());

/** For tests that start one process after the other: on a busy machine each of them takes a second. */
const patiently = { timeout: 120_000 };

const read = () => readLedger(home.folder.path);
const withdrawn: LedgerFact = { kind: "consent-withdrawn" };
const append = () => appendLedger(home.folder, withdrawn);
const program = join(import.meta.dirname, "ledger.fixture.ts");

/** Starts a ledger of `count` entries and gives its seed. */
async function startLedger(count = 3): Promise<string> {
  const { seed } = await grantConsent(home);
  for (let index = 2; index < count; index++) await append();
  expect(read().entries).toHaveLength(count);
  return seed ?? "";
}

/** Runs the fixture to its end, or to its death. */
function runFixture(count: number, { env = {}, options = [] as string[] } = {}) {
  const child = spawn(process.execPath, [...options, program, home.path, `${count}`], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = ["", "", ""];
  for (const fd of [1, 2]) (child.stdio[fd] as NodeJS.ReadableStream).on("data", (data) => (output[fd] += `${data}`));
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.on("close", (code, signal) => resolve(signal ?? code)),
  );
  return {
    child,
    ended: async () => ({
      end: await ended,
      acknowledged: (output[1] ?? "").split("\n").filter((line) => line !== "").length,
      stderr: output[2],
    }),
  };
}

describe("the ledger", () => {
  it("is there from the first entry, for its owner only, and says how it began", async () => {
    expect(read()).toEqual({ entries: [], tornBytes: 0, damage: null });
    expect(existsSync(home.folder.path)).toBe(false);
    await append();
    expect(read().entries.map(({ body }) => body)).toMatchObject([
      { kind: "ledger-started", follows: "nothing" },
      { kind: "consent-withdrawn" },
    ]);
    for (const [name, mode] of [
      ["", 0o700],
      ["ledger.jsonl", 0o600],
      ["ledger.key", 0o600],
    ] as const)
      expect(lstatSync(join(home.folder.path, name)).mode & 0o777).toBe(mode);
    expect(readdirSync(home.folder.path).sort()).toEqual(["ledger.jsonl", "ledger.key"]);
  });

  it("verifies with the head and the seed that were kept, also when it has grown since", async () => {
    const seed = await startLedger(3);
    const head = headOf(read()) as string;
    await append();
    const verdict = verifyChain(read(), { head, seed });
    expect(verdict).toMatchObject({ ok: true, checks: [{ ok: true }, { ok: true }, { ok: true }] });
    expect(verdict.checks[1]?.text).toBe("the expected head is entry 2, and 1 have come since");
  });

  it("gives its seed once, and keeps no key of an earlier entry", async () => {
    const seed = await startLedger(4);
    await withLedger(home.folder, (ledger) => expect(ledger.seed).toBeNull());
    for (const name of readdirSync(home.folder.path).filter((each) => each !== "secrets"))
      expect(readFileSync(join(home.folder.path, name), "utf8")).not.toContain(seed);
  });

  it("holds no token", async () => {
    await grantConsent(home, { operatorToken: "c4n4ry-t0k3n" });
    expect(readFileSync(path, "utf8")).not.toMatch(/c4n4ry|t0k3n/);
  });
});

describe("a ledger that somebody has changed", () => {
  const edit = (change: (lines: string[]) => string[]) => {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    writeFileSync(
      path,
      change(lines)
        .map((line) => `${line}\n`)
        .join(""),
    );
  };

  it.each([
    ["a word", (lines: string[]) => [lines[0], lines[1]?.replace("2", "3"), ...lines.slice(2)], "broken-link"],
    [
      "a member more",
      (lines: string[]) => lines.map((line) => line.replace('"i":', '"host":"h","i":')),
      "not-an-entry",
    ],
    ["a line less in the middle", (lines: string[]) => lines.filter((_, index) => index !== 1), "wrong-number"],
    ["two lines swapped", ([a, b, c, d]: string[]) => [a, c, b, d], "wrong-number"],
    ["the last line gone", (lines: string[]) => lines.slice(0, -1), "entries-missing"],
    ["all lines gone", () => [], "entries-missing"],
    ["the first line gone", (lines: string[]) => lines.slice(1), "wrong-number"],
    ["another version", (lines: string[]) => lines.map((line) => line.replace('"v":1', '"v":2')), "unknown-version"],
    ["a line that is no JSON", (lines: string[]) => [...lines, "{"], "not-an-entry"],
    ["null", (lines: string[]) => [...lines, "null"], "not-an-entry"],
  ])("is damaged with %s, and nobody adds to it", async (_, change, code) => {
    await startLedger(4);
    edit(change as (lines: string[]) => string[]);
    expect(read().damage?.code).toBe(code);
    expect(verifyChain(read()).ok).toBe(false);
    const before = readFileSync(path, "utf8");
    await expect(append()).rejects.toMatchObject({ exitCode: 3 });
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(readdirSync(home.folder.path).some((name) => name.includes("claim"))).toBe(false);
  });

  it.each([
    ["for everyone", () => chmodSync(path, 0o644), "unreadable"],
    ["a link", () => (renameSync(path, `${path}2`), symlinkSync(`${path}2`, path)), "unreadable"],
    ["with a second name", () => linkSync(path, `${path}2`), "unreadable"],
    ["a pipe", () => (rmSync(path), spawnSync("mkfifo", ["-m", "600", path])), "unreadable"],
    ["a directory", () => (rmSync(path), mkdirSync(path)), "unreadable"],
    ["huge", () => truncateSync(path, 2 ** 40), "too-long"],
    ["not there", () => rmSync(path), "entries-missing"],
    ["without its key", () => rmSync(join(path, "../ledger.key")), "key-missing"],
    ["with a key that is none", () => writeFileSync(join(path, "../ledger.key"), "[]"), "key-broken"],
    ["with a key that is a pipe", () => (rmSync(keyPath()), spawnSync("mkfifo", [keyPath()])), "key-broken"],
  ])("is damaged when it is %s", async (_, change, code) => {
    await startLedger();
    change();
    expect(read().damage?.code).toBe(code);
    await expect(append()).rejects.toMatchObject({ exitCode: 3 });
  });
  const keyPath = () => join(home.folder.path, "ledger.key");

  it("does not verify when it was rewritten as a whole, with hashes that fit", async () => {
    const seed = await startLedger(4);
    const head = headOf(read()) as string;
    rmSync(home.folder.path, { recursive: true });
    await startLedger(4);
    expect(read().damage).toBeNull();
    expect(verifyChain(read()).ok).toBe(true);
    expect(verifyChain(read(), { seed }).ok).toBe(false);
    expect(verifyChain(read(), { head }).ok).toBe(false);
  });

  it("does not verify when whoever has today's key rewrote what was before", async () => {
    const seed = await startLedger(2);
    const stolen = readLedgerKey(home.folder.path);
    // The thief begins a ledger with the same commitment, but does not have the keys of its first entries.
    const first = readFileSync(path, "utf8").split("\n")[0] as string;
    rmSync(path);
    writeFileSync(path, `${first}\n`, { mode: 0o600 });
    writeLedgerKey(home.folder.path, { ...(stolen as Exclude<typeof stolen, string>), i: 1 });
    await append();
    expect(read().damage).toBeNull();
    expect(verifyChain(read(), { seed })).toMatchObject({
      ok: false,
      checks: [{ ok: true }, { ok: null }, { ok: false }],
    });
  });

  it("is set aside whole where that is asked for, and the new one says so", async () => {
    await startLedger(4);
    edit((lines) => lines.slice(0, 2));
    const damaged = readFileSync(path, "utf8");
    for (const number of [1, 2]) {
      await withLedger(home.folder, (ledger) => ledger.append(withdrawn), { setDamagedAside: true });
      expect(read()).toMatchObject({ damage: null, entries: [{ body: { follows: "damaged-ledger" } }, {}] });
      expect(existsSync(join(home.folder.path, `ledger.damaged-${number}`))).toBe(true);
      rmSync(path);
    }
    expect(readFileSync(join(home.folder.path, "ledger.damaged-1/ledger.jsonl"), "utf8")).toBe(damaged);
  });
});

describe("a ledger whose writer was killed", () => {
  const options = ["--import", join(import.meta.dirname, "die-at-step.fixture.ts")];
  const countSteps = async () => {
    const COUNT_STEPS = join(home.path, "steps");
    expect(await runFixture(1, { options, env: { COUNT_STEPS } }).ended()).toMatchObject({
      end: 0,
      stderr: "",
    });
    return Number(readFileSync(COUNT_STEPS, "utf8"));
  };

  it("has lost at most a line that nobody was told of, at whatever step it was", patiently, async () => {
    const seed = await startLedger(2);
    const wholeSteps = await countSteps();
    expect(wholeSteps).toBeGreaterThan(5);
    let torn = 0;
    for (let step = 1; step <= wholeSteps; step++) {
      const before = read().entries.length;
      const { end, acknowledged } = await runFixture(1, { options, env: { DIE_AT_STEP: `${step}` } }).ended();
      expect({ step, end }).toEqual({ step, end: "SIGKILL" });
      const { entries, damage, tornBytes } = read();
      if (tornBytes > 0) torn++;
      expect({ step, damage }).toEqual({ step, damage: null });
      expect(entries.length - before).toBeGreaterThanOrEqual(acknowledged);
      // The next one waits for nobody and leaves nothing behind of the dead.
      const { index } = await append();
      expect({ step, index }).toEqual({ step, index: entries.length });
      expect(readdirSync(home.folder.path).filter((name) => name.includes("claim"))).toEqual([]);
    }
    expect(torn).toBe(1);
    expect(verifyChain(read(), { seed }).ok).toBe(true);
  });

  it("goes on after its start was killed at whatever step", patiently, async () => {
    const steps = await countSteps();
    for (let step = 1; step <= steps; step++) {
      rmSync(join(home.path, ".config"), { recursive: true });
      await runFixture(1, { options, env: { DIE_AT_STEP: `${step}` } }).ended();
      expect({ step, damage: read().damage }).toEqual({ step, damage: null });
      await append();
      expect(verifyChain(read())).toMatchObject({ ok: true });
    }
  });

  it("leaves out a torn last line, and the next entry takes its place", async () => {
    await startLedger(3);
    const line = readFileSync(path, "utf8").split("\n")[2] as string;
    for (const torn of ["{", line.slice(0, 40), line]) {
      appendFileSync(path, torn);
      const { entries, tornBytes, damage } = read();
      expect({ tornBytes, damage }).toEqual({ tornBytes: torn.length, damage: null });
      expect((await append()).index).toBe(entries.length);
      expect(read()).toMatchObject({ tornBytes: 0, damage: null });
    }
  });

  it("is not held up by kill -9 of many writers at once", async () => {
    const seed = await startLedger(2);
    for (let round = 0; round < 3; round++) {
      const writers = [runFixture(1000), runFixture(1000)];
      await sleep(250 + round * 60);
      for (const { child } of writers) child.kill("SIGKILL");
      const ends = await Promise.all(writers.map((writer) => writer.ended()));
      expect(ends.map(({ end }) => end)).toEqual(["SIGKILL", "SIGKILL"]);
      await append();
      expect(verifyChain(read(), { seed }).ok).toBe(true);
    }
  });
});

describe("two processes", () => {
  it("add 200 entries each at once, and none is lost or doubled", async () => {
    const seed = await startLedger(2);
    const writers = [runFixture(200), runFixture(200)];
    const ends = await Promise.all(writers.map((writer) => writer.ended()));
    expect(ends).toMatchObject([
      { end: 0, acknowledged: 200, stderr: "" },
      { end: 0, acknowledged: 200, stderr: "" },
    ]);
    expect(read().entries).toHaveLength(402);
    expect(verifyChain(read(), { seed }).ok).toBe(true);
  }, 60_000);

  const claim = (holder: string, attempt = 0) => {
    const key = readLedgerKey(home.folder.path);
    symlinkSync(holder, join(home.folder.path, `ledger.claim.${typeof key === "string" ? 0 : key.turn}.${attempt}`));
  };
  const [boot, namespace] = ownHolder().split(" ");
  const hasProc = boot !== "";

  it("do not wait for a pid that belongs to another process by now", async ({ skip }) => {
    skip(!hasProc, "only /proc tells when a process started");
    await startLedger(2);
    expect(stateOfHolder(ownHolder())).toBe("alive");
    claim(`${boot} ${namespace} ${process.pid} 1`);
    claim(`${boot} ${namespace} 4194304 99`, 1);
    expect((await append()).index).toBe(2);
  });

  it("wait for one that lives", async () => {
    await startLedger(2);
    claim(ownHolder());
    const appended = append();
    await sleep(150);
    expect(read().entries).toHaveLength(2);
    const key = readLedgerKey(home.folder.path) as Exclude<ReturnType<typeof readLedgerKey>, string>;
    writeLedgerKey(home.folder.path, { ...key, turn: key.turn + 1 });
    expect((await appended).index).toBe(2);
  });

  it("wait a while for one of another container or boot, whose pid says nothing", async () => {
    await startLedger(2);
    const holder = `another-boot ${namespace} 1 1`;
    expect(stateOfHolder(holder)).toBe("unknown");
    claim(holder);
    const appended = append();
    await sleep(1000);
    expect(read().entries).toHaveLength(2);
    expect((await appended).index).toBe(2);
  });
});
