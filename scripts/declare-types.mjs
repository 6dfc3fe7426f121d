/** The types of what others import, out of its source: one file, which may name none of our other files. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** @param source path of a module whose exported types are all declared in it. */
export function declareTypes(root, source) {
  const folder = mkdtempSync(join(tmpdir(), "inferguard-types-"));
  try {
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        join(root, "node_modules/typescript/bin/tsc"),
        ...[
          "--ignoreConfig",
          "--declaration",
          "--emitDeclarationOnly",
          "--outDir",
          folder,
          "--rootDir",
          join(root, "src"),
        ],
        ...["--target", "es2024", "--lib", "es2024", "--module", "nodenext", "--types", "node", "--strict"],
        ...["--allowImportingTsExtensions", "--skipLibCheck", join(root, source)],
      ],
      { cwd: root, encoding: "utf8" },
    );
    const path = join(folder, source.replace(/^src\//, "").replace(/\.ts$/, ".d.ts"));
    if (status !== 0) throw new Error(`the types of ${source} cannot be declared:\n${stdout}`);
    const text = readFileSync(path, "utf8");
    if (/^import /m.test(text)) throw new Error(`the types of ${basename(source)} are not all declared in it`);
    return text;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
