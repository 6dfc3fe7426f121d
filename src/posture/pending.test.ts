import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { grantConsent, makeHome, type TestHome } from "./consent.fixture.ts";
import { readLedger } from "./ledger-file.ts";
import { withLedger } from "./ledger.ts";
import { deletePending, listPending, type PendingPayload, writePendingPayload } from "./pending.ts";

let home: TestHome;
let directory: string;
const granted = new Date("2026-03-01T10:00:00.250Z");
const later = new Date("2026-03-01T11:00:00Z");

beforeEach(() => {
  home = makeHome();
  directory = join(home.folder.path, "uploads-pending");
});
afterEach(() => home.remove());

const digest = (text: string) => createHash("sha256").update(text).digest("hex");
const payloadOf = (run: string, change: Partial<PendingPayload> = {}): PendingPayload => ({
  text: `{"run":"${run}"}\n`,
  kind: "bench-summary",
  run_digest: digest(run),
  started_at: "2026-03-01T10:00:05.000Z",
  row_epsilon_milli: 1000,
  run_epsilon_milli: 250,
  ...change,
});
const write = (payload: PendingPayload, now = later, environment: Record<string, string> = {}) =>
  writePendingPayload({ HOME: home.path, ...environment }, payload, now);
const releases = () => readLedger(home.folder.path).entries.filter(({ body }) => body.kind === "release");

describe("a pending payload", () => {
  it("is written as it is, for its owner only, under the number of its entry in the ledger", async () => {
    await grantConsent(home, { at: granted });
    const result = await write(payloadOf("a"));
    expect(result).toEqual({
      written: true,
      path: join(directory, "2.json"),
      shown: "~/.config/inferguard/uploads-pending/2.json",
    });
    expect(readFileSync(join(directory, "2.json"), "utf8")).toBe(payloadOf("a").text);
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(directory, "2.json"))).toMatchObject({ nlink: 1 });
    expect(lstatSync(join(directory, "2.json")).mode & 0o777).toBe(0o600);
    expect(releases()).toMatchObject([
      {
        index: 2,
        body: { payload_sha256: digest(payloadOf("a").text), run_digest: digest("a"), row_epsilon_milli: 1000 },
      },
    ]);
    expect(listPending(home.folder)).toEqual(["2.json"]);
  });

  it("is written once for a run, and again only where it was lost, at no cost", async () => {
    await grantConsent(home, { at: granted });
    const first = await write(payloadOf("a"));
    expect(await write(payloadOf("a"))).toEqual(first);
    rmSync(directory, { recursive: true });
    expect(await write(payloadOf("a"))).toEqual(first);
    expect(releases()).toHaveLength(1);
    expect(listPending(home.folder)).toEqual(["2.json"]);
  });

  it.each([
    ["nobody was asked", async () => {}, {}, "Denied:Default"],
    ["DO_NOT_TRACK is set", () => grantConsent(home, { at: granted }), { DO_NOT_TRACK: "1" }, "Denied:DoNotTrack"],
    [
      "the last word was no",
      async () => {
        await grantConsent(home, { at: granted });
        await withLedger(home.folder, ({ append }) => append({ kind: "consent-withdrawn" }));
      },
      {},
      "Denied:UserDisabled",
    ],
  ])("is not written, nor anything else, when %s", async (_, prepare, environment, code) => {
    await prepare();
    const before = readLedger(home.folder.path);
    const names = readdirSync(home.path, { recursive: true });
    expect(await write(payloadOf("a"), later, environment)).toMatchObject({ written: false, denial: { code } });
    expect(readLedger(home.folder.path)).toEqual(before);
    expect(readdirSync(home.path, { recursive: true })).toEqual(names);
  });

  it.each([
    ["2026-03-01T09:59:59.999Z", false],
    ["2026-03-01T10:00:00.999Z", false],
    ["2026-03-01T10:00:01.000Z", true],
    ["nonsense", false],
  ])("of a run that started at %s, with consent of 10:00:00, is written: %s", async (started_at, written) => {
    await grantConsent(home, { at: granted });
    const result = await write(payloadOf("a", { started_at }));
    expect(result).toMatchObject(written ? { written } : { written, denial: { code: "Denied:RunOlderThanConsent" } });
    expect(releases()).toHaveLength(written ? 1 : 0);
  });

  it("is refused once the budget of 30 days is spent, which new consent does not bring back", async () => {
    await grantConsent(home, { at: granted });
    for (const run of ["a", "b", "c", "d"]) expect(await write(payloadOf(run))).toMatchObject({ written: true });
    const refused = { written: false, denial: { code: "Denied:DPBudgetExhausted" } };
    expect(await write(payloadOf("e"))).toMatchObject(refused);
    expect(await write(payloadOf("e", { row_epsilon_milli: 0, run_epsilon_milli: 3001 }))).toMatchObject(refused);
    expect(await write(payloadOf("e", { row_epsilon_milli: 0 }))).toMatchObject({ written: true });
    expect(await write(payloadOf("a"))).toMatchObject({ written: true });
    await withLedger(home.folder, ({ append }) => append({ kind: "consent-withdrawn" }), { now: later });
    await grantConsent(home, { at: later });
    expect(await write(payloadOf("f", { started_at: "2026-03-01T12:00:00Z" }), later)).toMatchObject(refused);
    const afterwards = new Date(later.getTime() + 31 * 24 * 3_600_000);
    expect(await write(payloadOf("f", { started_at: "2026-03-01T12:00:00Z" }), afterwards)).toMatchObject({
      written: true,
    });
  });

  it("is refused for 30 days after a damaged ledger, which may have held anything", async () => {
    await grantConsent(home, { at: granted });
    truncateSync(join(home.folder.path, "ledger.jsonl"), 0);
    const now = { now: later, setDamagedAside: true };
    await withLedger(home.folder, ({ append }) => append({ kind: "consent-withdrawn" }), now);
    await grantConsent(home, { at: later });
    const payload = payloadOf("a", { started_at: "2026-03-01T12:00:00Z" });
    expect(await write(payload, new Date("2026-03-02T00:00:00Z"))).toMatchObject({
      denial: { code: "Denied:DPBudgetExhausted" },
    });
    expect(await write(payload, new Date("2026-04-05T00:00:00Z"))).toMatchObject({ written: true });
  });

  it("is refused by one of two runs that end at once where the budget is enough for one", async () => {
    await grantConsent(home, { at: granted });
    const results = await Promise.all(["a", "b"].map((run) => write(payloadOf(run, { row_epsilon_milli: 3000 }))));
    expect(results.filter(({ written }) => written)).toHaveLength(1);
    expect(releases()).toHaveLength(1);
  });

  it.each([
    ["a link", () => symlinkSync("/tmp", directory)],
    ["for everyone", () => mkdirSync(directory, { mode: 0o755 })],
    ["a file", () => writeFileSync(directory, "")],
  ])("is not written where its directory is %s", async (_, make) => {
    await grantConsent(home, { at: granted });
    make();
    await expect(write(payloadOf("a"))).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("deleting pending payloads", () => {
  it("takes whatever is in their directory, and follows no link", () => {
    mkdirSync(join(directory, "sub"), { recursive: true });
    mkdirSync(join(home.path, "precious"));
    writeFileSync(join(home.path, "precious/a"), "");
    writeFileSync(join(directory, "3.json"), "");
    writeFileSync(join(directory, "sub/b"), "");
    symlinkSync(join(home.path, "precious"), join(directory, "link"));
    expect(deletePending(home.folder)).toEqual({ deleted: 3, left: [] });
    expect(readdirSync(directory)).toEqual([]);
    expect(readdirSync(join(home.path, "precious"))).toEqual(["a"]);
    expect(deletePending(home.folder)).toEqual({ deleted: 0, left: [] });
  });

  it("does not follow a link in the directory's place, and says so", () => {
    mkdirSync(join(home.path, "precious"));
    writeFileSync(join(home.path, "precious/a"), "");
    mkdirSync(home.folder.path, { recursive: true });
    symlinkSync(join(home.path, "precious"), directory);
    expect(deletePending(home.folder)).toMatchObject({
      deleted: 0,
      left: [expect.stringContaining("is no directory")],
    });
    expect(readdirSync(join(home.path, "precious"))).toEqual(["a"]);
    expect(listPending(home.folder)).toEqual([]);
  });
});
