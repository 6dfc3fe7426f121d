/** A copy of this checkout that a test can change and build, without touching the checkout itself. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./e2e/cli.ts";
import { packages } from "./walls.ts";

export interface CheckoutCopy {
  readonly root: string;
  /** Replaces the text that `place` matches, which has to be there once. */
  change(path: string, place: RegExp, by: string): void;
  /** Adds a package to the copy's node_modules. */
  addPackage(name: string, folder: string): void;
  /** @throws Error with what the build says. */
  build(): void;
  remove(): void;
}

export function copyCheckout(): CheckoutCopy {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "inferguard-checkout-")));
  const parts = ["src", "scripts", "docs", "package.json", "tsconfig.json", "LICENSE", "NOTICE", ".oxlintrc.json"];
  for (const part of parts) cpSync(join(repositoryRoot, part), join(root, part), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  // What is bundled has to lie in the copy, because a build names each module by its path; the tools can lie elsewhere.
  const [own, modules] = [join(root, "node_modules"), join(repositoryRoot, "node_modules")];
  for (const name of readdirSync(modules).filter((each) => each !== ".bin"))
    if (Object.hasOwn(packages, name)) cpSync(join(modules, name), join(own, name), { recursive: true });
    else symlinkSync(join(modules, name), join(own, name));

  return {
    root,
    change(path, place, by) {
      const file = join(root, path);
      const before = readFileSync(file, "utf8");
      if (before.split(place).length !== 2) throw new Error(`${path} does not have ${place} once`);
      writeFileSync(
        file,
        before.replace(place, () => by),
      );
    },
    addPackage: (name, folder) => cpSync(folder, join(own, name), { recursive: true }),
    build() {
      const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
