/** What lies in the folder, with real files: each rule for private files, broken one at a time. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtConsentFiles, mostPending } from "./consent-files.ts";
import { grantConsent, makeHome, type TestHome } from "./consent.fixture.ts";
import { telemetryState } from "./state.ts";

let home: TestHome;
let folder: string;
let token: string;

beforeEach(() => {
  home = makeHome();
  folder = home.folder.path;
  token = home.token;
});
afterEach(() => home.remove());

const look = () => lookAtConsentFiles({ HOME: home.path });
const state = (environment: Record<string, string> = {}) => {
  const variables = { HOME: home.path, ...environment };
  return telemetryState(variables, lookAtConsentFiles(variables), new Date());
};
const mkfifo = (path: string) => expect(spawnSync("mkfifo", ["-m", "600", path]).status).toBe(0);
const isRoot = process.geteuid?.() === 0;
const nobody = 65534;

describe("the configuration folder", () => {
  it("is below HOME, or below XDG_CONFIG_HOME where that is set and absolute", async () => {
    await grantConsent(home);
    const configHome = join(home.path, ".config");
    expect(look()).toMatchObject({ folder: "~/.config/inferguard", token: { is: "file" } });
    for (const variables of [{ HOME: "/nowhere", XDG_CONFIG_HOME: configHome }, { XDG_CONFIG_HOME: `${configHome}/` }])
      expect(lookAtConsentFiles(variables)).toMatchObject({
        folder: "$XDG_CONFIG_HOME/inferguard",
        token: { is: "file" },
        grant: {},
      });
    for (const XDG_CONFIG_HOME of [".config", ""])
      expect(lookAtConsentFiles({ HOME: home.path, XDG_CONFIG_HOME }).folder).toBe("~/.config/inferguard");
  });

  it.each([{}, { HOME: "" }, { HOME: "relative" }])("is nowhere with %j", (environment) => {
    const files = lookAtConsentFiles(environment);
    expect(files).toMatchObject({ folder: null, token: { is: "absent" }, pending: 0 });
    expect(telemetryState(environment, files, new Date())).toMatchObject({
      state: "disabled",
      reason: "Denied:Default",
    });
  });

  it.each([{ HOME: "/dev/null" }, { HOME: "/nowhere" }, { XDG_CONFIG_HOME: "/nowhere" }, { HOME: "/" }])(
    "can have nothing in its place: %j",
    (environment) => {
      expect(lookAtConsentFiles(environment)).toMatchObject({ token: { is: "absent" }, grant: null, pending: 0 });
    },
  );
});

describe("consent that is kept well", () => {
  it("is in force", async () => {
    const { grant } = await grantConsent(home, { operatorToken: "an operator's own" });
    expect(state()).toMatchObject({ state: "enabled", token: { exists: true, usable: true }, grant });
    expect(JSON.stringify(look())).not.toContain("an operator's own");
  });

  it("is in force behind links of the user's own, which dotfiles are kept with", async () => {
    await grantConsent(home);
    renameSync(join(home.path, ".config"), join(home.path, "dotfiles"));
    symlinkSync("dotfiles", join(home.path, ".config"));
    expect(state().state).toBe("enabled");
    symlinkSync(home.path, `${home.path}-link`);
    expect(telemetryState({}, lookAtConsentFiles({ HOME: `${home.path}-link` }), new Date()).state).toBe("enabled");
    rmSync(`${home.path}-link`);
  });

  it("is in force below a directory of root's that is sticky, as /tmp is", async ({ skip }) => {
    skip(!isRoot, "only root makes a directory of root's");
    await grantConsent(home);
    chmodSync(join(home.path, ".config"), 0o1777);
    expect(state().state).toBe("enabled");
    chownSync(join(home.path, ".config"), nobody, nobody);
    expect(state().token.rule).toBe("parent_owner");
  });
});

/** What breaks the rule, and whether the command that is named mends it (and telemetry is on again). */
const breaches: [what: string, rule: string, breach: () => void, mended: boolean][] = [
  ["a token for everyone to read", "token_mode", () => chmodSync(token, 0o604), true],
  ["a token for the group to read", "token_mode", () => chmodSync(token, 0o640), true],
  ["a token that its owner may execute", "token_mode", () => chmodSync(token, 0o700), true],
  ["a token for everyone to write", "token_mode", () => chmodSync(token, 0o602), false],
  ["a link as the token", "token_kind", () => replaceToken(() => symlinkSync("/etc/passwd", token)), false],
  [
    "a link to a good token",
    "token_kind",
    () => (renameSync(token, `${token}2`), symlinkSync(`${token}2`, token)),
    false,
  ],
  ["a link to nothing", "token_kind", () => replaceToken(() => symlinkSync("/nowhere", token)), false],
  ["a pipe as the token", "token_kind", () => replaceToken(() => mkfifo(token)), false],
  ["a directory as the token", "token_kind", () => replaceToken(() => mkdirSync(token)), false],
  ["a token with a second name", "token_links", () => linkSync(token, join(home.path, "second")), false],
  ["secrets/ for everyone", "secrets_mode", () => chmodSync(join(folder, "secrets"), 0o755), true],
  ["secrets/ that its owner may not write", "secrets_mode", () => chmodSync(join(folder, "secrets"), 0o500), true],
  [
    "linked secrets/",
    "secrets_kind",
    () => (
      renameSync(join(folder, "secrets"), join(home.path, "elsewhere")),
      symlinkSync(join(home.path, "elsewhere"), join(folder, "secrets"))
    ),
    false,
  ],
  [
    "a file as secrets/",
    "secrets_kind",
    () => (rmSync(join(folder, "secrets"), { recursive: true }), writeFileSync(join(folder, "secrets"), "")),
    false,
  ],
  ["a folder for everyone to write", "folder_writable", () => chmodSync(folder, 0o777), true],
  ["a folder for the group to write", "folder_writable", () => chmodSync(folder, 0o770), true],
  [
    "a linked folder",
    "folder_kind",
    () => (renameSync(folder, join(home.path, "else")), symlinkSync(join(home.path, "else"), folder)),
    false,
  ],
  ["a parent for everyone to write", "parent_writable", () => chmodSync(join(home.path, ".config"), 0o777), true],
  ["a home for the group to write", "parent_writable", () => chmodSync(home.path, 0o770), true],
];

function replaceToken(make: () => void): void {
  rmSync(token);
  make();
}

describe("consent that is not kept as private files must be", () => {
  it.each(breaches)("is not in force: %s", async (_, rule, breach, mended) => {
    await grantConsent(home);
    expect(state().state).toBe("enabled");
    breach();
    const broken = state();
    expect(broken).toMatchObject({ state: "disabled", reason: "Denied:ConsentUnsafe", token: { usable: false, rule } });
    expect(look().grant).toBeNull();
    // Telemetry is not mended by looking at it, and it is by the command.
    expect(state()).toEqual(broken);
    const [mend = ""] = (broken.token.mend ?? "").split(" && ");
    expect(mend).toMatch(/^(chmod|rm) /);
    expect(spawnSync("sh", ["-c", mend], { env: { PATH: process.env["PATH"], HOME: home.path } }).status).toBe(0);
    expect(state().token.rule).not.toBe(rule);
    expect(state().state).toBe(mended ? "enabled" : "disabled");
  });

  it.skipIf(!isRoot).each([
    ["the token", "token_owner", () => chownSync(token, nobody, nobody)],
    ["secrets/", "secrets_owner", () => chownSync(join(folder, "secrets"), nobody, nobody)],
    ["the folder", "folder_owner", () => chownSync(folder, nobody, nobody)],
    ["a parent", "parent_owner", () => chownSync(join(home.path, ".config"), nobody, nobody)],
    ["the home, as with sudo", "home_owner", () => chownSync(home.path, nobody, nobody)],
  ])("is not in force when another user owns %s", async (_, rule, breach) => {
    await grantConsent(home);
    breach();
    expect(state()).toMatchObject({ reason: "Denied:ConsentUnsafe", token: { usable: false, rule } });
  });

  it("is looked at by what was opened, and of any size", async () => {
    await grantConsent(home);
    truncateSync(token, 2 ** 40);
    expect(state()).toMatchObject({ reason: "Denied:ConsentInvalid", token: { rule: "token_content" } });
  });

  it("is named by variables and not by their values", async () => {
    await grantConsent(home);
    chmodSync(join(home.path, ".config"), 0o777);
    expect(state().token).toMatchObject({ mend: "chmod go-w ~/.config" });
    const XDG_CONFIG_HOME = join(home.path, ".config");
    expect(state({ XDG_CONFIG_HOME }).token).toMatchObject({ mend: 'chmod go-w "$XDG_CONFIG_HOME"' });
    chmodSync(XDG_CONFIG_HOME, 0o700);
    chmodSync(home.path, 0o777);
    expect(state({ XDG_CONFIG_HOME }).token).toMatchObject({ mend: 'chmod go-w "$XDG_CONFIG_HOME/.."' });
    expect(JSON.stringify(state({ XDG_CONFIG_HOME }))).not.toContain(home.path);
  });
});

describe("a token that is kept well and is no grant", () => {
  const contents: [what: string, bytes: string | Uint8Array][] = [
    ["nothing", ""],
    ["a word", "yes"],
    ["a list", "[]"],
    ["null", "null"],
    ["an empty object", "{}"],
    ["bytes that are no UTF-8", new Uint8Array([0xff, 0xfe, 0x7b])],
    ["5 KiB of something", "x".repeat(5 * 1024)],
  ];

  it.each(contents)("is not in force: %s", async (_, bytes) => {
    await grantConsent(home);
    writeFileSync(token, bytes);
    expect(state()).toMatchObject({ reason: "Denied:ConsentInvalid", token: { exists: true, rule: "token_content" } });
  });

  it("is not in force half or with anything added", async () => {
    await grantConsent(home, { operatorToken: "own" });
    const text = readFileSync(token, "utf8");
    for (const changed of [text.slice(0, -1), `${text}\n`, ` ${text}`, text.replace("{", '{"a":1,'), `\ufeff${text}`]) {
      writeFileSync(token, changed);
      expect(state()).toMatchObject({ reason: "Denied:ConsentInvalid", token: { rule: "token_content" } });
    }
    writeFileSync(token, text);
    expect(state().state).toBe("enabled");
  });
});

describe("pending payloads", () => {
  const pending = () => join(folder, "uploads-pending");
  beforeEach(() => void mkdirSync(folder, { recursive: true }));

  it.each([
    ["without the directory", () => {}, 0],
    ["in an empty one", () => mkdirSync(pending()), 0],
    [
      "whatever they are",
      () => (mkdirSync(pending()), writeFileSync(join(pending(), "a"), ""), mkfifo(join(pending(), "b"))),
      2,
    ],
    ["not behind a link", () => symlinkSync("/tmp", pending()), null],
    ["not in a pipe", () => mkfifo(pending()), null],
  ])("are counted %s", (_, make, count) => {
    make();
    expect(look().pending).toBe(count);
  });

  it("are counted up to a limit", () => {
    mkdirSync(pending());
    for (let index = 0; index < mostPending + 5; index++) writeFileSync(join(pending(), `${index}`), "");
    expect(look().pending).toBe(mostPending);
    expect(existsSync(pending())).toBe(true);
  });
});
