import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { auditPackage } from "./audit.ts";
import { auditLines } from "./audit-lines.ts";
import type { InstalledPackage } from "./read-package.ts";
import type { Capabilities } from "./schemas.ts";

const sha256Of = (text: string) => createHash("sha256").update(text).digest("hex");

/** A package of these files, as its build wrote them. */
function builtPackage(texts: Record<string, string>): InstalledPackage {
  const modules = ["src/net/gate.ts", "src/load/run-load.ts", "node_modules/left-pad/index.js"];
  return {
    settings: {
      name: "inferguard",
      version: "1.0.0",
      type: "module",
      bin: { inferguard: "dist/main.js" },
      dependencies: [],
      installScripts: [],
    },
    files: Object.entries(texts).map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) })),
    others: [],
    manifest: {
      schema: "inferguard-build/v1",
      version: "1.0.0",
      files: Object.fromEntries(
        Object.entries(texts).map(([name, text]) => [name, { sha256: sha256Of(text), modules }]),
      ),
    },
  };
}

const gate = `// src/net/gate.ts\nimport { connect } from "node:net";\nconnect(80);\n`;
const pad = `// node_modules/left-pad/index.js\nvar same = (a) => a.constructor(1);\n`;

function capabilities(more: Capabilities["entries"] = []): Capabilities {
  const gateEntry = {
    module: "src/net/gate.ts",
    kind: "network" as const,
    uses: ["node:net: connect"],
    reason: "opens",
  };
  return { schema: "inferguard-capabilities/v1", entries: [gateEntry, ...more] };
}

describe("an audit passes", () => {
  it("a package whose files are as built and can do what is listed", () => {
    const audit = auditPackage(builtPackage({ "main.js": `import "./gate.js";`, "gate.js": gate }), capabilities());
    expect(audit).toMatchObject({ verdict: "pass", faults: [], not_found: [] });
    expect(audit.capabilities).toMatchObject([{ module: "src/net/gate.ts", reason: "opens", unlisted: [] }]);
    expect(audit.files).toContainEqual({ file: "gate.js", bytes: gate.length, sha256: sha256Of(gate) });
    expect(auditLines(audit, "list.json").at(-1)).toMatch(/^Passed/);
  });

  it("and says what is listed without being there", () => {
    const audit = auditPackage(builtPackage({ "main.js": "" }), capabilities());
    expect(audit).toMatchObject({
      verdict: "pass",
      not_found: [{ module: "src/net/gate.ts", kind: "network", use: "node:net: connect" }],
    });
  });

  it("the code of a package whose digest is listed, and fails other code with the same uses", () => {
    const listed = (text: string) => {
      const found = auditPackage(builtPackage({ "pad.js": text }), capabilities()).capabilities[0];
      const entry = { module: "left-pad/index.js", kind: "code" as const, uses: [".constructor"], reason: "pads" };
      return capabilities([{ ...entry, code_sha256: found?.code_sha256 ?? "" }]);
    };
    const audit = (text: string) => auditPackage(builtPackage({ "pad.js": text }), listed(pad));
    expect(audit(pad).verdict).toBe("pass");
    expect(audit(`${pad}var unrelated = 1;`).verdict).toBe("pass");
    expect(audit(pad.replace("(1)", "(2)")).capabilities).toMatchObject([{ unlisted: ["changed code"] }]);
  });
});

describe("an audit fails", () => {
  it("a use that is not listed, and says where it is", () => {
    const audit = auditPackage(builtPackage({ "main.js": `// src/load/run-load.ts\n\nfetch(1);` }), capabilities());
    expect(audit.verdict).toBe("fail");
    const lines = auditLines(audit, "list.json").join("\n");
    expect(lines).toContain("not listed: src/load/run-load.ts can reach a network: fetch");
    expect(lines).toContain("dist/main.js, line 3");
  });

  it("another use by a module that is listed", () => {
    const more = `${gate}fetch(1);\n`;
    expect(auditPackage(builtPackage({ "gate.js": more }), capabilities()).capabilities).toMatchObject([
      { module: "src/net/gate.ts", unlisted: ["fetch"] },
    ]);
  });

  const changes: [what: string, change: (installed: InstalledPackage) => void, fault: object][] = [
    [
      "a changed file",
      ({ files }) => files.splice(0, 1, { name: "main.js", bytes: new TextEncoder().encode(" ") }),
      { file: "main.js", fault: "is not as the build wrote it" },
    ],
    ["a missing file", ({ files }) => files.splice(0, 1), { file: "main.js", fault: "is missing" }],
    [
      "an added file",
      ({ files }) => files.push({ name: "native.node", bytes: new Uint8Array() }),
      { file: "native.node", fault: "was not written by the build" },
    ],
    ["a folder or a link", ({ others }) => others.push("node_modules"), { file: "node_modules" }],
    ["files of another version", ({ settings }) => Object.assign(settings, { version: "1.0.1" }), {}],
    ["files that are scripts", ({ settings }) => Object.assign(settings, { type: "commonjs" }), {}],
    ["a dependency", ({ settings }) => settings.dependencies.push("got"), { fault: "depends on got" }],
    ["a script at installation", ({ settings }) => settings.installScripts.push("postinstall"), {}],
    ["a bin elsewhere", ({ settings }) => Object.assign(settings, { bin: "bin/other.js" }), {}],
    ["an export elsewhere", ({ settings }) => Object.assign(settings, { exports: { ".": { node: "./x.js" } } }), {}],
  ];
  it.each(changes)("%s", (_what, change, fault) => {
    const installed = builtPackage({ "main.js": "", "gate.js": gate });
    change(installed);
    const audit = auditPackage(installed, capabilities());
    expect(audit).toMatchObject({ verdict: "fail", faults: [{ file: "package.json", ...fault }] });
  });
});
