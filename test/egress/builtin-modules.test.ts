/** Every module that a Node brings has to have been looked at: a new one could be a new way out. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { kindOfModule } from "../../src/net/guard/builtin-modules.ts";
import { waysOut } from "../walls.ts";
import { builtGuard, removeWhatWasBuilt } from "./corpus.ts";
import { nodeOf, versions } from "./nodes.ts";

afterAll(removeWhatWasBuilt);

describe("each module of", () => {
  it("this Node is classified", () => {
    expect(builtinModules.length).toBeGreaterThan(60);
    expect(builtinModules.filter((name) => kindOfModule(name) === undefined)).toEqual([]);
  });

  it.for(versions)("Node %s is classified", (version, { skip }) => {
    const node = nodeOf(version);
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    const script = `JSON.stringify(require("node:module").builtinModules)`;
    const modules = JSON.parse(execFileSync(node ?? "", ["-p", script], { encoding: "utf8" })) as string[];
    expect(modules.filter((name) => kindOfModule(name) === undefined)).toEqual([]);
  });

  it("the import table that reaches a network or starts something is not called neutral", () => {
    const ways = builtinModules.filter((name) => waysOut.test(name));
    expect(ways.length).toBeGreaterThan(10);
    expect(ways.filter((name) => kindOfModule(name) === "neutral")).toEqual([]);
  });
});

describe("a module that nobody has looked at", () => {
  it("is refused, however it is asked for", async () => {
    const path = fileURLToPath(await builtGuard());
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(`"zlib"`, `"zlib-of-another-day"`));
    const script = `
      (await import(${JSON.stringify(path)})).installGuard();
      const { createRequire } = await import("node:module");
      const ways = {
        import: () => import("node:zlib"),
        require: () => createRequire("/")("zlib"),
        get: () => process.getBuiltinModule("node:zlib"),
        known: () => import("node:path"),
      };
      for (const [name, way] of Object.entries(ways)) {
        try { await way(); console.log(name, "loaded"); } catch (error) { console.log(name, error.code); }
      }`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(output.trim().split("\n")).toEqual(["import EACCES", "require EACCES", "get EACCES", "known loaded"]);
  });
});
