/** Consent and the ledger through the built command line: what is asked, what is kept, and what is never shown. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
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
import { lookAtConsentFiles } from "../../src/posture/consent-files.ts";
import { grantConsent, makeHome, type TestHome } from "../../src/posture/consent.fixture.ts";
import { telemetryState } from "../../src/posture/state.ts";
import { canBeOrdinaryUser } from "../../src/runs/ordinary-user.fixture.ts";
import { canary, leaksIn } from "./canary.ts";
import { bin, type CliOptions, runCli, runProgram } from "./cli.ts";

let home: TestHome;
let folder: string;
let pending: string;
beforeEach(() => {
  home = makeHome();
  folder = home.folder.path;
  pending = join(folder, "uploads-pending");
});
afterEach(() => home.remove());

const telemetry = (args: string[], options: Omit<CliOptions, "home"> = {}) =>
  runCli(["telemetry", ...args], { home: home.path, ...options });
const enable = (...args: string[]) => telemetry(["enable", "--yes", ...args]);
const status = async (env: Record<string, string> = {}) =>
  JSON.parse((await telemetry(["status", "--json"], { env })).stdout) as Record<string, unknown>;
const everythingBelow = (directory: string) =>
  (readdirSync(directory, { recursive: true }) as string[]).toSorted().map((name) => {
    const { mode, size, ino, mtimeMs, uid } = lstatSync(join(directory, name));
    return [name, mode, size, ino, mtimeMs, uid].join(" ");
  });
const sentence = "No telemetry. No network calls outside endpoints you pass via flags.";
const isRoot = process.geteuid?.() === 0;

describe("telemetry enable", () => {
  it("shows all there is to know, writes the grant for its owner only, and status stops saying that there is none", async () => {
    expect((await telemetry(["status"])).stdout).toContain(sentence);
    const { code, stdout, stderr } = await enable();
    expect(code).toBe(0);
    for (const shown of [
      /No upload exists in this release/,
      /schema SHA-256 [0-9a-f]{64}/,
      /ttft_p50: .*\n.*permute and flip, epsilon 0\.15 \(row\)/,
      /Never collected:\n  prompts, outputs, tool arguments/,
      /Within 30 days, releases of at most epsilon 4/,
      /uploads-pending/,
    ])
      expect(stderr).toMatch(shown);
    expect(stdout).toMatch(/^Telemetry is enabled: .*\nNothing is sent/);
    for (const [name, mode] of [
      ["", 0o700],
      ["secrets", 0o700],
      ["secrets/consent.token", 0o600],
      ["ledger.jsonl", 0o600],
      ["ledger.key", 0o600],
    ] as const)
      expect([name, lstatSync(join(folder, name)).mode & 0o7777]).toEqual([name, mode]);
    const text = (await telemetry(["status"])).stdout;
    expect(text).not.toContain(sentence);
    expect(text).toContain("enabled (Allowed:UserExplicitlyEnabled)");
    expect(await status()).toMatchObject({ statement: null, state: "enabled", token: { exists: true, usable: true } });
  });

  it("answers with one document, and says the ledger's seed that once", async () => {
    const { stdout } = await enable("--json");
    const document = JSON.parse(stdout) as { ledger: { seed: string; head: string } };
    expect(document).toMatchObject({
      schema: "inferguard-telemetry-enable/v1",
      changed: true,
      state: "enabled",
      upload: "none in this release",
    });
    const again = await enable("--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: false, state: "enabled" });
    for (const name of ["ledger.jsonl", "ledger.key", "secrets/consent.token"])
      expect(readFileSync(join(folder, name), "utf8")).not.toContain(document.ledger.seed);
    writeFileSync(join(home.path, "seed"), document.ledger.seed);
    const verify = ["log", "--verify", "--expect-head", document.ledger.head, "--seed-file"];
    expect(await telemetry([...verify, join(home.path, "seed")])).toMatchObject({ code: 0 });
    expect(await telemetry([...verify, "-"], { stdin: `${document.ledger.seed}\n` })).toMatchObject({ code: 0 });
    expect(await telemetry([...verify, "-"], { stdin: "0".repeat(64) })).toMatchObject({ code: 1 });
  });

  it.each([
    ["DO_NOT_TRACK", "1"],
    ["DO_NOT_TRACK", "true"],
    ["DO_NOT_TRACK", " anything "],
    ["INFERGUARD_TELEMETRY", "disabled"],
    ["INFERGUARD_TELEMETRY", "never"],
    ["INFERGUARD_TELEMETRY", "OFF"],
  ])("is refused with %s=%j, and nothing at all is written", async (name, value) => {
    const { code, stdout, stderr } = await telemetry(["enable", "--yes"], { env: { [name]: value } });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain(name);
    expect(readdirSync(home.path)).toEqual([]);
  });

  it.each([
    ["without a terminal", []],
    ["with --json and without a terminal", ["--json"]],
    ["with --quiet, which hides the question", ["--quiet"]],
  ])("asks nobody %s: exit code 2, and nothing is written", async (_, flags) => {
    const { code, stderr } = await telemetry(["enable", ...flags], { stdin: "enable\n" });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") as string });
    expect(readdirSync(home.path)).toEqual([]);
  });

  const noTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status !== 0;

  const answering = (answer: string) => {
    const command = `'${process.execPath}' '${bin}' telemetry enable`;
    const options = { home: home.path, stdin: answer, env: { TERM: "xterm" } };
    return runProgram("script", ["-qec", command, "/dev/null"], options);
  };

  it.skipIf(noTerminal).each(["enable\n", "  Enable \n"])(
    "asks on a terminal, and takes %j for a yes",
    async (answer) => {
      const { code, stdout } = await answering(answer);
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("Type enable to go on") as string,
      });
      expect(await status()).toMatchObject({ state: "enabled" });
    },
  );

  it.skipIf(noTerminal).each(["no\n", "y\n", "\n", "enable it\n", "\u0004"])(
    "asks on a terminal, takes %j for a no, ends with 1 and writes nothing",
    async (answer) => {
      const { code, stdout } = await answering(answer);
      expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining("declined") as string });
      expect(readdirSync(home.path)).toEqual([]);
    },
  );

  it("is one thing with a schema and a time: neither an older run nor another schema is covered", async () => {
    await enable();
    const token = JSON.parse(readFileSync(home.token, "utf8")) as Record<string, string>;
    expect(Object.keys(token)).toEqual([
      "expires_at",
      "granted_at",
      "operator_token",
      "payload_schema_sha256",
      "schema",
      "scopes",
    ]);
    expect(token["granted_at"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it.each([["0000"], ["0777"], ["0027"]])("writes the same modes under a umask of %s", async (umask) => {
    const command = `umask ${umask}; exec '${process.execPath}' '${bin}' telemetry enable --yes`;
    expect(await runProgram("sh", ["-c", command], { home: home.path })).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ state: "enabled" });
  });
});

describe("the operator's token", () => {
  const secret = canary("operator-token");
  const file = () => join(home.path, "token-file");

  it("is kept inside the grant, and shown by nothing", async () => {
    writeFileSync(file(), `${secret}\nsecond line\t"quoted"`);
    const outputs = [await enable("--consent-token-file", file())];
    expect(outputs[0]?.code).toBe(0);
    const stored = JSON.parse(readFileSync(home.token, "utf8")) as { operator_token: string };
    expect(stored.operator_token).toBe(`${secret}\nsecond line\t"quoted"`);
    for (const args of [["status"], ["status", "--json"], ["log"], ["log", "--json", "--verify"], ["enable", "--yes"]])
      outputs.push(await telemetry(args));
    chmodSync(home.token, 0o644);
    for (const args of [["status"], ["enable", "--yes"], ["disable"], ["log", "--verify"]])
      outputs.push(await telemetry(args));
    const said = outputs.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(leaksIn(said + readFileSync(join(folder, "ledger.jsonl"), "utf8"), { secret })).toEqual([]);
    expect(existsSync(home.token)).toBe(false);
  });

  it("comes by standard input too, and replaces the one before", async () => {
    expect(await enable()).toMatchObject({ code: 0 });
    expect(await telemetry(["enable", "--yes", "--consent-token-file", "-"], { stdin: secret })).toMatchObject({
      code: 0,
    });
    expect(JSON.parse(readFileSync(home.token, "utf8"))).toMatchObject({ operator_token: secret });
    expect(await status()).toMatchObject({ state: "enabled", ledger: { entries: 3 } });
  });

  it.each([
    ["of 5 KiB", () => writeFileSync(file(), "x".repeat(5 * 1024)), /longer than 4096 bytes/],
    ["of a terabyte", () => (writeFileSync(file(), ""), truncateSync(file(), 2 ** 40)), /longer than 4096 bytes/],
    ["that is not UTF-8", () => writeFileSync(file(), new Uint8Array([0x63, 0xff])), /not UTF-8/],
    ["that is empty", () => writeFileSync(file(), ""), /empty/],
    ["that is a pipe without a writer", () => spawnSync("mkfifo", [file()]), /not a regular file/],
    ["that is a directory", () => mkdirSync(file()), /not a regular file/],
    ["that is not there", () => {}, /cannot be read: ENOENT/],
  ])("%s is refused, and nothing is written", async (_, make, why) => {
    make();
    const { code, stderr } = await enable("--consent-token-file", file());
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(why) as string });
    expect(existsSync(join(home.path, ".config"))).toBe(false);
  });

  it.each([
    ["5 KiB", "x".repeat(5 * 1024), /longer than 4096 bytes/],
    ["nothing", "", /empty/],
  ])("by standard input, %s is refused", async (_, stdin, why) => {
    const { code, stderr } = await telemetry(["enable", "--yes", "--consent-token-file", "-"], { stdin });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(why) as string });
    expect(existsSync(join(home.path, ".config"))).toBe(false);
  });
});

describe("consent that is not kept as private files must be", () => {
  const breaches: [what: string, breach: () => void, mend: RegExp][] = [
    [
      "a token that others may read",
      () => chmodSync(home.token, 0o604),
      /chmod 600 ~\/\.config\/inferguard\/secrets\/consent\.token/,
    ],
    [
      "a linked token",
      () => (renameSync(home.token, join(home.path, "t")), symlinkSync(join(home.path, "t"), home.token)),
      /rm /,
    ],
    ["a token with a second name", () => linkSync(home.token, join(home.path, "t")), /rm -f /],
    [
      "linked secrets/",
      () => (
        renameSync(join(folder, "secrets"), join(home.path, "s")),
        symlinkSync(join(home.path, "s"), join(folder, "secrets"))
      ),
      /rm /,
    ],
    ["a pipe as the token", () => (rmSync(home.token), spawnSync("mkfifo", [home.token])), /rm /],
    ["a parent that others may write to", () => chmodSync(join(home.path, ".config"), 0o777), /chmod go-w ~\/\.config/],
    ...(isRoot
      ? [
          ["a token of another user", () => chownSync(home.token, 65534, 65534), /rm -f /] as [
            string,
            () => void,
            RegExp,
          ],
        ]
      : []),
  ];

  it.each(breaches)("%s is refused, with the command that mends it, and stays as it is", async (_, breach, mend) => {
    await enable();
    breach();
    const before = everythingBelow(home.path);
    const said = await telemetry(["status"]);
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("Denied:ConsentUnsafe") as string });
    expect(said.stderr).toMatch(/^inferguard: warning: /);
    expect(said.stderr).toMatch(mend);
    expect(said.stdout).toContain(sentence);
    const refused = await enable();
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toMatch(mend);
    expect(everythingBelow(home.path)).toEqual(before);
    // No is said in any state, and then consent can be given anew.
    expect((await telemetry(["disable"])).code).toBe(0);
    expect(await status()).toMatchObject({ reason: "Denied:UserDisabled" });
  });

  it.skipIf(!isRoot || !canBeOrdinaryUser)(
    "an ordinary user's consent is their own, and root's file is none",
    async () => {
      const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, bin, "telemetry"];
      const run = (...args: string[]) => runProgram("setpriv", [...asNobody, ...args], { home: home.path });
      chownSync(home.path, 65534, 65534);
      expect(await run("enable", "--yes")).toMatchObject({ code: 0 });
      expect(JSON.parse((await run("status", "--json")).stdout)).toMatchObject({ state: "enabled" });
      // As with sudo: root in the home of someone else neither reads nor writes consent.
      expect(await enable()).toMatchObject({ code: 4 });
      expect(await telemetry(["disable"])).toMatchObject({ code: 3 });
      expect(await status()).toMatchObject({ reason: "Denied:ConsentUnsafe", token: { rule: "home_owner" } });
      chownSync(home.token, 0, 0);
      expect(JSON.parse((await run("status", "--json")).stdout)).toMatchObject({
        reason: "Denied:ConsentUnsafe",
        token: { rule: "token_owner" },
      });
    },
  );
});

describe("what the user disabled", () => {
  it("is enabled again by no variable", async () => {
    await enable();
    await telemetry(["disable"]);
    for (const value of ["enabled", "1", "true", "yes", "on"])
      expect(await status({ INFERGUARD_TELEMETRY: value, DO_NOT_TRACK: "0" })).toMatchObject({
        state: "disabled",
        reason: "Denied:UserDisabled",
      });
  });

  it("is enabled again by no token that is put back", async () => {
    await enable();
    const token = readFileSync(home.token);
    await telemetry(["disable"]);
    writeFileSync(home.token, token, { mode: 0o600 });
    expect(await status()).toMatchObject({ state: "disabled", reason: "Denied:UserDisabled" });
  });
});

describe("telemetry disable", () => {
  const plant = () => {
    mkdirSync(pending, { recursive: true, mode: 0o700 });
    for (const name of ["2.json", "3.json"]) writeFileSync(join(pending, name), "{}", { mode: 0o600 });
  };

  it("deletes the token and the payloads, keeps that no was said, and can be repeated", async () => {
    await enable();
    plant();
    const first = await telemetry(["disable", "--json"]);
    expect(JSON.parse(first.stdout)).toMatchObject({ was_disabled: false, token_deleted: true, pending_deleted: 2 });
    expect([existsSync(home.token), readdirSync(pending)]).toEqual([false, []]);
    expect(await status()).toMatchObject({ state: "disabled", reason: "Denied:UserDisabled", pending: 0 });
    const ledger = readFileSync(join(folder, "ledger.jsonl"), "utf8");
    expect(JSON.parse((await telemetry(["disable", "--json"])).stdout)).toMatchObject({
      was_disabled: true,
      token_deleted: false,
      pending_deleted: 0,
    });
    expect(readFileSync(join(folder, "ledger.jsonl"), "utf8")).toBe(ledger);
  });

  it("keeps the payloads where that is asked for", async () => {
    await enable();
    plant();
    const { stdout } = await telemetry(["disable", "--keep-pending", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ token_deleted: true, pending_deleted: 0, pending_kept: 2 });
    expect(readdirSync(pending)).toHaveLength(2);
    expect(await status()).toMatchObject({ state: "disabled", pending: 2 });
  });

  it("keeps that no was said also by one who was never asked, and with an override", async () => {
    const { code, stdout } = await telemetry(["disable"], { env: { DO_NOT_TRACK: "1" } });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Telemetry is disabled/) as string,
    });
    expect(await status()).toMatchObject({ reason: "Denied:UserDisabled" });
  });

  it.each([
    ["an empty file as the ledger", () => writeFileSync(join(folder, "ledger.jsonl"), "")],
    ["[] as the ledger", () => writeFileSync(join(folder, "ledger.jsonl"), "[]\n")],
    ["[] as the key", () => writeFileSync(join(folder, "ledger.key"), "[]")],
    ["[] as the token", () => writeFileSync(home.token, "[]")],
    ["no ledger", () => rmSync(join(folder, "ledger.jsonl"))],
    ["neither ledger nor key", () => (rmSync(join(folder, "ledger.jsonl")), rmSync(join(folder, "ledger.key")))],
    [
      "a pipe as the ledger",
      () => (rmSync(join(folder, "ledger.jsonl")), spawnSync("mkfifo", [join(folder, "ledger.jsonl")])),
    ],
    ["a huge ledger", () => truncateSync(join(folder, "ledger.jsonl"), 2 ** 40)],
    [
      "a linked ledger",
      () => (rmSync(join(folder, "ledger.jsonl")), symlinkSync("/etc/passwd", join(folder, "ledger.jsonl"))),
    ],
    ["a pipe as the directory of the payloads", () => spawnSync("mkfifo", [pending])],
    [
      "a file as secrets/",
      () => (rmSync(join(folder, "secrets"), { recursive: true }), writeFileSync(join(folder, "secrets"), "")),
    ],
  ])("works with %s, in which state telemetry is off or can be switched off", async (_, make) => {
    await enable();
    make();
    expect(await status()).toMatchObject({ schema: "inferguard-telemetry-status/v1" });
    expect((await telemetry(["log"])).code).not.toBe(70);
    expect((await telemetry(["disable"])).code).toBe(0);
    expect(await status()).toMatchObject({ state: "disabled", reason: "Denied:UserDisabled" });
    expect(await telemetry(["log", "--verify"])).toMatchObject({ code: 0 });
  });

  it("leaves telemetry off or on, and never in between, whenever it or enable is killed", async () => {
    const dying = (args: string[], env: Record<string, string>) =>
      runProgram(process.execPath, ["--import", dieAtStep, bin, "telemetry", ...args], {
        home: home.path,
        env,
        kill: { signal: "SIGKILL", output: /never said/ },
      });
    const statesOf = async (args: string[], prepare: () => Promise<unknown>) => {
      const variables = { HOME: home.path };
      const seen = new Set<string>();
      const COUNT_STEPS = join(home.path, "steps");
      await prepare();
      expect(await dying(args, { COUNT_STEPS })).toMatchObject({ code: 0 });
      const steps = Number(readFileSync(COUNT_STEPS, "utf8"));
      for (let step = 1; step <= steps; step++) {
        rmSync(join(home.path, ".config"), { recursive: true });
        await prepare();
        expect(await dying(args, { DIE_AT_STEP: `${step}` })).toMatchObject({ signal: "SIGKILL" });
        seen.add(telemetryState(variables, lookAtConsentFiles(variables), new Date()).reason);
      }
      // Whatever the last one left, no can be said.
      expect(await telemetry(["disable"])).toMatchObject({ code: 0 });
      expect(existsSync(home.token)).toBe(false);
      return [...seen].toSorted();
    };
    const on = "Allowed:UserExplicitlyEnabled";
    const nothing = () => Promise.resolve(mkdirSync(join(home.path, ".config"), { recursive: true }));
    expect(await statesOf(["enable", "--yes"], nothing)).toEqual([on, "Denied:ConsentMissing", "Denied:Default"]);
    rmSync(join(home.path, ".config"), { recursive: true });
    expect(await statesOf(["disable"], () => grantConsent(home))).toEqual([on, "Denied:UserDisabled"]);
  }, 120_000);
  const dieAtStep = join(import.meta.dirname, "../../src/posture/die-at-step.fixture.ts");
});

describe("telemetry log", () => {
  it("shows the last entries, and never an empty log after something was decided", async () => {
    expect((await telemetry(["log"])).stdout).toMatch(/^The ledger has no entries/);
    expect(existsSync(join(home.path, ".config"))).toBe(false);
    await enable();
    await telemetry(["disable"]);
    const { stdout } = await telemetry(["log"]);
    expect(stdout).toMatch(
      /0 {2}\S+ {2}ledger-started\n.*1 {2}\S+ {2}consent-granted .*\n.*2 {2}\S+ {2}consent-withdrawn\n/,
    );
    const last = JSON.parse((await telemetry(["log", "--json", "--last", "1"])).stdout) as { entries: unknown[] };
    expect(last).toMatchObject({ total: 3, entries: [{ index: 2, kind: "consent-withdrawn" }] });
  });

  it("says what is wrong with a ledger that was changed, and ends with 1", async () => {
    await enable();
    await telemetry(["disable"]);
    const path = join(folder, "ledger.jsonl");
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(
      path,
      [lines[0], lines[1]?.replace(/"expires_at":"\d{4}/, '"expires_at":"2999'), ...lines.slice(2)].join("\n"),
    );
    const changed = await telemetry(["log", "--verify"]);
    expect(changed).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/BAD {3}chain: line 3 does not follow/) as string,
    });
    writeFileSync(path, lines.slice(0, 2).join("\n"));
    expect(await telemetry(["log", "--verify"])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("missing at the end") as string,
    });
  });

  it.each([
    [["--expect-head", "abc"], /64 hexadecimal digits/],
    [["--last", "-1"], /--last/],
    [["--seed-file", "/nowhere"], /cannot be read: ENOENT/],
  ])("refuses %j", async (flags, why) => {
    const { code, stderr } = await telemetry(["log", ...flags]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(why) as string });
  });
});

describe("the telemetry commands", () => {
  it("show no value of a variable and no path of the user's", async () => {
    const secrets = { home: canary("home"), variable: canary("variable"), runs: canary("directory") };
    const inside = join(home.path, secrets.home);
    mkdirSync(join(inside, secrets.runs), { recursive: true });
    const env = {
      INFERGUARD_TOKEN: secrets.variable,
      HTTP_PROXY: `http://${secrets.variable}:1`,
      XDG_CONFIG_HOME: inside,
    };
    const options = { home: inside, cwd: join(inside, secrets.runs), env };
    const outputs = [];
    for (const args of [
      ["status"],
      ["enable", "--yes"],
      ["status", "--json"],
      ["log"],
      ["disable"],
      ["log", "--verify"],
    ])
      outputs.push(await runCli(["telemetry", ...args], options));
    chmodSync(inside, 0o777);
    outputs.push(await runCli(["telemetry", "enable", "--yes"], options));
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0, 4]);
    const ledger = readFileSync(join(inside, "inferguard/ledger.jsonl"), "utf8");
    expect(leaksIn(outputs.map(({ stdout, stderr }) => stdout + stderr).join("\n") + ledger, secrets)).toEqual([]);
  });

  const noStrace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status !== 0;

  it.skipIf(noStrace).each([[["enable", "--yes"]], [["disable"]], [["log", "--verify"]]])(
    "%j asks the kernel for no connection",
    async (args) => {
      const record = join(home.path, "record");
      const traced = ["-f", "-e", "trace=network", "-o", record, process.execPath, bin, "telemetry", ...args];
      expect(await runProgram("strace", traced, { home: home.path })).toMatchObject({ code: 0 });
      expect(readFileSync(record, "utf8")).not.toMatch(/AF_INET|AF_NETLINK|connect\(/);
    },
  );
});
