/** What a run leaves behind while consent is in force, through the built command line. */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { grantConsent, homeAt } from "../../src/posture/consent.fixture.ts";
import { quick } from "../../src/mimic/mimic.fixture.ts";
import { summarySchema } from "../../src/runs/schemas/summary.ts";
import { benchArgs, exitCodeFor, runsIn, startEngine } from "./bench.ts";
import { bin, type CliResult, runCli, runProgram, withTempHome } from "./cli.ts";

const load = ["--concurrency", "2", "--requests", "4"];
const aMinuteAgo = () => ({ at: new Date(Date.now() - 60_000) });

interface Home {
  home: string;
  port: number;
  pending: string;
  bench(env?: Record<string, string>, ...more: string[]): Promise<CliResult>;
  /** The releases that the ledger has. */
  releases(): { payload_sha256: string }[];
}

function withEngine(use: (home: Home) => Promise<void>): Promise<void> {
  return withTempHome(async (home) => {
    const { port } = await startEngine({ profile: quick });
    const { path: folder } = homeAt(home).folder;
    await use({
      home,
      port,
      pending: join(folder, "uploads-pending"),
      bench: (env = {}, ...more) => runCli(benchArgs(port, [...load, ...more]), { home, env }),
      releases: () =>
        readFileSync(join(folder, "ledger.jsonl"), "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => (JSON.parse(line) as { body: { kind: string; payload_sha256: string } }).body)
          .filter(({ kind }) => kind === "release"),
    });
  });
}

describe("a bench while consent is in force", () => {
  it("leaves one payload, whose bytes are those of verify-payload and of the ledger, and says so in one line", () =>
    withEngine(async ({ home, pending, bench, releases }) => {
      await grantConsent(homeAt(home), aMinuteAgo());
      const { stdout, stderr } = await bench();
      expect(JSON.parse(stdout)).toMatchObject({ schema: "inferguard-summary/v1" });
      expect(stderr.split("\n").filter((line) => line.includes("telemetry"))).toEqual([
        "telemetry: ~/.config/inferguard/uploads-pending/2.json holds this run's payload; it cannot be sent: this release has no upload",
      ]);
      expect(readdirSync(pending)).toEqual(["2.json"]);
      const bytes = readFileSync(join(pending, "2.json"), "utf8");
      for (const named of ["latest", join(pending, "2.json")]) {
        const verified = await runCli(["telemetry", "verify-payload", named, "--json"], { home });
        const { payload, payload_sha256 } = JSON.parse(verified.stdout) as Record<string, string>;
        expect({ code: verified.code, payload }).toEqual({ code: 0, payload: bytes });
        expect(releases()).toMatchObject([{ payload_sha256 }]);
      }
    }));

  it("that keeps quiet leaves it all the same", () =>
    withEngine(async ({ home, pending, bench }) => {
      await grantConsent(homeAt(home), aMinuteAgo());
      const { stderr } = await bench({}, "--quiet");
      expect(stderr).not.toContain("telemetry");
      expect(readdirSync(pending)).toEqual(["2.json"]);
    }));

  it("warns where the payload cannot be written, after the ledger has it, and ends as it would have ended", () =>
    withEngine(async ({ home, pending, bench, releases }) => {
      await grantConsent(homeAt(home), aMinuteAgo());
      writeFileSync(pending, "");
      const warned = await bench();
      expect(warned.stderr).toMatch(
        /inferguard: warning: telemetry: the run's payload could not be written: .*uploads-pending/,
      );
      expect(warned.code).toBe(exitCodeFor(summarySchema.parse(JSON.parse(warned.stdout))));
      expect(releases()).toHaveLength(1);
    }));

  it("that consent came after leaves none, and says why", () =>
    withEngine(async ({ home, pending, bench, releases }) => {
      const running = bench({}, "--requests", "60");
      await vi.waitUntil(() => runsIn(home).some((run) => existsSync(join(run, "run.json"))), { timeout: 20_000 });
      await grantConsent(homeAt(home));
      expect((await running).stderr).toMatch(
        /telemetry: no payload of this run is pending: .* \(Denied:RunOlderThanConsent\)/,
      );
      expect([existsSync(pending), releases()]).toEqual([false, []]);
    }));

  const noStrace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status !== 0;

  it.skipIf(noStrace)("has closed every connection before the ledger is opened, and opens none after", () =>
    withEngine(async ({ home, port }) => {
      await grantConsent(homeAt(home), aMinuteAgo());
      const record = join(home, "record");
      const traced = ["-f", "-yy", "-e", "trace=connect,close,openat", "-o", record, process.execPath, bin];
      await runProgram("strace", [...traced, ...benchArgs(port, load)], { home });
      const lines = readFileSync(record, "utf8").split("\n");
      const ledger = lines.findLastIndex((line) => line.includes("ledger.jsonl") && line.includes("O_APPEND"));
      const isTcp = (line: string) => /TCP(v6)?:\[/.test(line);
      expect(ledger).toBeGreaterThan(0);
      expect(lines.slice(0, ledger).filter((line) => line.includes("connect(")).length).toBeGreaterThan(1);
      expect(lines.slice(ledger).filter((line) => line.includes("connect(") || isTcp(line))).toEqual([]);
    }),
  );
});

describe("a bench without consent", () => {
  it.each([
    ["before anybody was asked", () => Promise.resolve(), {}],
    ["with an override, whatever was said", grantBefore, { DO_NOT_TRACK: "true" }],
    ["with another one", grantBefore, { INFERGUARD_TELEMETRY: "never" }],
  ])("%s writes nothing outside of its run, and says nothing of it", (_, prepare, env) =>
    withEngine(async ({ home, bench }) => {
      await prepare(home);
      const before = everythingIn(home);
      const { stderr } = await bench(env);
      expect(stderr).not.toContain("telemetry");
      expect(everythingIn(home)).toEqual(before);
      expect(runsIn(home)).toHaveLength(1);
    }),
  );
});

async function grantBefore(home: string): Promise<void> {
  await grantConsent(homeAt(home), aMinuteAgo());
}

/** Without the runs. */
function everythingIn(home: string): string[] {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(home, "inferguard-runs")))
    .toSorted()
    .map((path) => {
      const { mode, size, ino, mtimeMs } = lstatSync(path);
      return [path, mode, size, ino, mtimeMs].join(" ");
    });
}
