import { builtinModules } from "node:module";
import { describe, expect, it } from "vitest";
import { evasions, innocents } from "./evasions.fixture.ts";
import { isNodeModule } from "./node-modules.ts";
import { scanFile } from "./scan-file.ts";

const modules = ["src/load/run-load.ts", "src/net/connection.ts", "node_modules/zod/v4/core/util.js"];

function scan(text: string) {
  return scanFile({ name: "planted.js", text, modules }, new Set(["planted.js", "own.js"]));
}

function usesIn(text: string): string[] {
  return scan(text).flatMap(({ module, kind, uses }) => uses.map(({ use }) => `${module} ${kind} ${use}`));
}

describe("a scan finds", () => {
  it.each(evasions)("%s", (text) => {
    expect(usesIn(`// src/load/run-load.ts\n${text}\n`)).not.toEqual([]);
  });
});

describe("a scan passes over", () => {
  it.each(innocents)("%s", (text) => {
    expect(usesIn(`// src/load/run-load.ts\n${text}\n`)).toEqual([]);
  });
});

describe("what is found", () => {
  it("is told by module, kind, use and line", () => {
    const text = `// src/net/connection.ts\nimport { connect } from "node:net";\nconst a = connect(1), b = fetch;\n`;
    expect(scan(text)).toMatchObject([
      {
        file: "planted.js",
        module: "src/net/connection.ts",
        kind: "network",
        uses: [
          { use: "fetch", lines: [3] },
          { use: "node:net: connect", lines: [2] },
        ],
      },
    ]);
  });

  it("is said of the module that uses a name, though another one imported it", () => {
    const text = [
      "// src/net/connection.ts",
      `import { connect } from "node:net";`,
      "// src/load/run-load.ts",
      `connect(80, "192.0.2.1");`,
    ].join("\n");
    expect(usesIn(text)).toEqual([
      "src/net/connection.ts network node:net: connect",
      "src/load/run-load.ts network node:net: connect",
    ]);
  });

  it("is said of the build where it hands a name to other files", () => {
    const text = `// src/net/connection.ts\nimport { connect } from "node:net";\nexport { connect as harmless };`;
    expect(usesIn(text)).toContain("(build) network node:net: connect");
  });

  it("is not put down to another module by a comment that is no heading of the file", () => {
    const headings = [
      "// src/net/gate.ts",
      " // src/net/connection.ts",
      "`\n// src/net/connection.ts\n`;",
      "function f() {\n// src/net/connection.ts\n}",
    ];
    for (const heading of headings)
      expect(usesIn(`// src/load/run-load.ts\n${heading}\nfetch(1);`)).toEqual(["src/load/run-load.ts network fetch"]);
  });

  it("comes with its code, whatever numbers the build gave to names that clash", () => {
    const codeOf = (text: string) => scan(`// node_modules/zod/v4/core/util.js\n${text}`)[0]?.code;
    expect(codeOf("var a = 1, b2 = f3.constructor(g4);")).toBe(codeOf("var b3 = f5.constructor(g); var c;"));
    expect(codeOf("var b = f.constructor(g);")).not.toBe(codeOf("var b = f.constructor(h);"));
  });
});

describe("Node's modules", () => {
  it("are all known: a new one wants a look at what it can do", () => {
    const unknown = builtinModules.map((name) => name.replace(/^node:/, "")).filter((name) => !isNodeModule(name));
    expect(unknown).toEqual([]);
  });
});
