import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { exitCode } from "../errors.ts";
import { hasControlDirectory, makeControlDirectory } from "./control-directory.ts";

function temporary(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "inferguard-control-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const isRoot = process.geteuid?.() === 0;

describe("the control directory", () => {
  it.each([0o000, 0o022, 0o777])("is made level by level with the mode 0700 under a umask of %o", (umask) => {
    const path = join(temporary(), ".local/state/inferguard/run");
    const before = process.umask(umask);
    try {
      expect(hasControlDirectory(path)).toBe(false);
      makeControlDirectory(path);
    } finally {
      process.umask(before);
    }
    expect(hasControlDirectory(path)).toBe(true);
    for (const level of [path, join(path, ".."), join(path, "../.."), join(path, "../../..")])
      expect(statSync(level).mode & 0o7777).toBe(0o700);
    makeControlDirectory(path);
  });

  it.each<[string, (home: string) => void, RegExp, string | RegExp]>([
    [
      "others may read it",
      (home) => mkdirSync(join(home, "run"), { mode: 0o755 }),
      /mode 0700, and has 0755/,
      /^chmod 700 /,
    ],
    [
      "others may write to it",
      (home) => {
        mkdirSync(join(home, "run"));
        chmodSync(join(home, "run"), 0o777);
      },
      /mode 0700, and has 0777/,
      /^rm -r /,
    ],
    ["it is a file", (home) => writeFileSync(join(home, "run"), ""), /must be a directory/, /^rm /],
    [
      "it is a link to a directory that would do",
      (home) => {
        mkdirSync(join(home, "other"), { mode: 0o700 });
        symlinkSync("other", join(home, "run"));
      },
      /must be a directory/,
      /^rm /,
    ],
    ["others may write to its parent", (home) => chmodSync(home, 0o777), /other users may write to/, /^chmod go-w /],
    [
      "a directory on the way is a file",
      (home) => {
        rmSync(home, { recursive: true });
        writeFileSync(home, "");
      },
      /is no directory that can be looked at/,
      /XDG_RUNTIME_DIR/,
    ],
  ])("is refused, and stays as it is, when %s", (_what, prepare, message, hint) => {
    const home = join(temporary(), "home");
    mkdirSync(home, { mode: 0o700 });
    prepare(home);
    const path = join(home, "run");
    const refusal = {
      exitCode: exitCode.refused,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    };
    expect(() => makeControlDirectory(path)).toThrow(expect.objectContaining(refusal) as Error);
    expect(() => hasControlDirectory(path)).toThrow(expect.objectContaining(refusal) as Error);
  });

  it.runIf(isRoot).each([
    ["it", "run"],
    ["its parent", "."],
  ])("is refused when another user owns %s", (_what, which) => {
    const home = join(temporary(), "home");
    mkdirSync(join(home, "run"), { recursive: true, mode: 0o700 });
    chownSync(join(home, which), 65_534, 65_534);
    expect(() => makeControlDirectory(join(home, "run"))).toThrow(/belongs to another user/);
  });

  it("may lie behind a link of the user's own, and below a sticky directory of root's", () => {
    const home = temporary();
    mkdirSync(join(home, "real"), { mode: 0o700 });
    symlinkSync(join(home, "real"), join(home, "link"));
    makeControlDirectory(join(home, "link/run"));
    expect(hasControlDirectory(join(home, "link/run"))).toBe(true);
  });
});
