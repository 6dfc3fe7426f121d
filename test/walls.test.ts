import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bans, parts } from "./walls.ts";
import { findBreaches } from "./walls-check.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("the sources", () => {
  const sources = new Map(
    readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => [`src/${path}`, readFileSync(`${root}src/${path}`, "utf8")]),
  );

  it("keep to the table", () => {
    expect(sources.size).toBeGreaterThan(20);
    expect(findBreaches(sources)).toEqual([]);
  });
});

/** For each part: a file of it, an import that it may not have, and what is said. */
const plantedImports: Record<string, [path: string, specifier: string, said: string]> = {
  main: ["src/main.ts", "./commands/bench.ts", "main may not import commands"],
  clock: ["src/clock.ts", "./errors.ts", "clock may not import base"],
  base: ["src/json.ts", "./clock.ts", "base may not import clock"],
  "net/authority": ["src/net/authority.ts", "./gate.ts", "net/authority may not import net"],
  "net/guard": ["src/net/guard.ts", "../runs/artifacts.ts", "net/guard may not import runs"],
  net: ["src/net/gate.ts", "../endpoint/request.ts", "net may not import endpoint"],
  "runs/schemas": ["src/runs/schemas/run.ts", "../artifacts.ts", "runs/schemas may not import runs"],
  runs: ["src/runs/reader.ts", "../load/runner.ts", "runs may not import load"],
  "posture/pure": ["src/posture/payload.ts", "./overrides.ts", "posture/pure may not import posture"],
  "posture/state": ["src/posture/state.ts", "../net/gate.ts", "posture/state may not import net"],
  posture: ["src/posture/consent.ts", "../net/authority.ts", "posture may not import net/authority"],
  "endpoint/dialects": ["src/endpoint/dialects/chat.ts", "../../clock.ts", "endpoint/dialects may not import clock"],
  "endpoint/address": ["src/endpoint/address.ts", "../clock.ts", "endpoint/address may not import clock"],
  "endpoint/sse": ["src/endpoint/sse.ts", "./stream-request.ts", "endpoint/sse may not import endpoint"],
  endpoint: ["src/endpoint/request.ts", "../load/runner.ts", "endpoint may not import load"],
  "workload/readers": ["src/workload/jsonl-reader.ts", "../net/gate.ts", "workload/readers may not import net"],
  workload: ["src/workload/synthetic.ts", "./jsonl-reader.ts", "workload may not import workload/readers"],
  "load/arrivals": ["src/load/arrivals.ts", "./runner.ts", "load/arrivals may not import load"],
  "load/progress": ["src/load/progress.ts", "./runner.ts", "load/progress may not import load"],
  load: ["src/load/runner.ts", "../analysis/slo.ts", "load may not import analysis"],
  "metrics/scraper": ["src/metrics/scraper.ts", "../analysis/rules.ts", "metrics/scraper may not import analysis"],
  metrics: ["src/metrics/parse.ts", "./scraper.ts", "metrics may not import metrics/scraper"],
  analysis: ["src/analysis/summary.ts", "../runs/reader.ts", "analysis may not import runs"],
  "report/terminal": ["src/report/terminal.ts", "../runs/reader.ts", "report/terminal may not import runs"],
  report: ["src/report/model.ts", "../load/progress.ts", "report may not import load/progress"],
  "mimic/simulation": ["src/mimic/simulation.ts", "../clock.ts", "mimic/simulation may not import clock"],
  mimic: ["src/mimic/server.ts", "../endpoint/request.ts", "mimic may not import endpoint"],
  trace: ["src/trace/proxy.ts", "../load/runner.ts", "trace may not import load"],
  daemon: ["src/daemon/watch.ts", "../endpoint/request.ts", "daemon may not import endpoint"],
  mcp: ["src/mcp/server.ts", "../net/gate.ts", "mcp may not import net"],
  testing: ["src/testing/no-egress.ts", "../load/runner.ts", "testing may not import load"],
  commands: ["src/commands/bench.ts", "../cli/terminal.ts", "commands may not import cli"],
  cli: ["src/cli/program.ts", "../net/gate.ts", "cli may not import net"],
};

describe("the table", () => {
  it.each(parts.map((part) => part.name))("has teeth for an import by %s", (name) => {
    const [path, specifier, said] = plantedImports[name] ?? ["", "", ""];
    expect(findBreaches(new Map([[path, `import { a } from "${specifier}";`]]))).toContainEqual(
      expect.stringContaining(said),
    );
  });

  it("lets through what it allows", () => {
    const allowed = new Map([
      ["src/cli/flags.ts", `import { mintAuthority } from "../net/authority.ts"; import { Command } from "commander";`],
      [
        "src/cli/show.ts",
        `import type { Progress } from "../load/progress.ts"; import { run } from "../commands/run.ts";`,
      ],
      ["src/net/open.ts", `import { connect } from "node:net"; const used = connect; setTimeout(used, 1);`],
      ["src/commands/bench.ts", `import { send } from "../load/runner.ts"; await import("../report/page.ts");`],
      [
        "src/metrics/scraper.ts",
        `import { open } from "../net/open.ts"; const at = new Date(0); const date = { now: 1 };`,
      ],
      [
        "src/report/page.ts",
        `/* process.exit(), Math.random() */ const text = "console.log(process.env)"; text.process;`,
      ],
      ["src/load/runner.test.ts", `import { x } from "../cli/y.ts"; process.exit(1);`],
    ]);
    expect(findBreaches(allowed)).toEqual([]);
  });
});

describe("each way of importing is seen:", () => {
  it.each([
    [`import "../net/gate.ts";`],
    [`import gate from "../net/gate.ts";`],
    [`import type { Gate } from "../net/gate.ts";`],
    [`import * as gate from "../net/gate.ts";`],
    [`export { gate } from "../net/gate.ts";`],
    [`export * from "../net/gate.ts";`],
    [`const gate = await import("../net/gate.ts");`],
    [`const gate = require("../net/gate.ts");`],
    [`let gate: import("../net/gate.ts").Gate;`],
  ])("%s", (text) => {
    expect(findBreaches(new Map([["src/posture/ledger.ts", text]]))).toContain(
      "src/posture/ledger.ts:1: posture may not import net (src/net/gate.ts)",
    );
  });
});

/** Everything that is not a row of parts: a path, its text, and what is said. */
const planted: [path: string, text: string, said: string][] = [
  ["src/load/runner.ts", `import { connect } from "node:net";`, "only net may import node:net"],
  [
    "src/load/runner.ts",
    `const { spawn } = process.getBuiltinModule("node:child_process");`,
    "only net may import node:child_process",
  ],
  ["src/runs/writer.ts", `import { Worker } from "node:worker_threads";`, "only net may import node:worker_threads"],
  ["src/commands/bench.ts", `await import("node:http");`, "only net may import node:http"],
  ["src/cli/program.ts", `await import("node:dns/promises");`, "only net may import node:dns/promises"],
  ["src/runs/reader.ts", `import { createRequire } from "node:module";`, "nobody imports node:module"],
  ["src/runs/reader.ts", `import { env } from "node:process";`, "nobody imports node:process"],
  ["src/analysis/quantiles.ts", `import { readFileSync } from "node:fs";`, "analysis may import no module of Node's"],
  ["src/runs/reader.ts", `import fs from "fs";`, "fs is written node:fs"],
  ["src/runs/reader.ts", `import { x } from "left-pad";`, "left-pad is not on the list of packages"],
  ["src/runs/reader.ts", `import { Command } from "commander";`, "runs may not import the package commander"],
  ["src/runs/reader.ts", "await import(`./${name}.ts`);", "an import whose target is computed"],
  ["src/runs/reader.ts", `require(name);`, "an import whose target is computed"],
  ["src/runs/reader.ts", `import { x } from "./reader.test.ts";`, "imports the test file"],
  ["src/runs/reader.ts", `import { x } from "../../test/servers.ts";`, "belongs to no part"],
  ["src/misplaced/a.ts", ``, "belongs to no part"],
  ["src/cli/show.ts", `import { view } from "../report/model.ts";`, "cli may not import report"],
  ["src/cli/show.ts", `import { progress } from "../load/progress.ts";`, "cli may not import load/progress"],
  [
    "src/commands/bench.ts",
    `import { mintAuthority } from "../net/authority.ts";`,
    "only cli may import mintAuthority",
  ],
  ["src/net/gate.ts", `export * from "./authority.ts";`, "only cli may import mintAuthority"],
  ["src/net/gate.ts", `import * as authority from "./authority.ts";`, "only cli may import mintAuthority"],
  [
    "src/commands/telemetry-log.ts",
    `import { open } from "../net/gate.ts"; import { payload } from "../posture/payload.ts";`,
    "imports both",
  ],
  ["src/load/utils.ts", ``, "the name utils says nothing"],
  ["src/load/helpers/pace.ts", ``, "the name helpers says nothing"],
  ["src/load/runLoop.ts", ``, "runLoop is not kebab-case"],
  ["src/analysis/summary.ts", `setTimeout(go, 1);`, "setTimeout: analysis computes only"],
  ["src/analysis/summary.ts", `const bytes = crypto.getRandomValues(array);`, "analysis computes only"],
  ["src/analysis/summary.ts", `if (process.platform === "linux") go();`, "analysis computes only"],
];

describe("a planted breach is found:", () => {
  it.each(planted)("%s with %s", (path, text, said) => {
    expect(findBreaches(new Map([[path, text]]))).toContainEqual(expect.stringContaining(said));
  });

  it("a chain of imports from the posture to the network", () => {
    const chain = new Map([
      ["src/posture/state.ts", `import { a } from "../runs/schemas/run.ts";`],
      ["src/runs/schemas/run.ts", `import { b } from "../../json.ts";`],
      ["src/json.ts", `import { c } from "./net/gate.ts";`],
    ]);
    expect(findBreaches(chain)).toContain(
      "src/posture/state.ts: reaches what it must not: src/posture/state.ts -> src/runs/schemas/run.ts -> src/json.ts -> src/net/gate.ts",
    );
  });

  it("a cycle, once", () => {
    const cycle = new Map([
      ["src/load/a.ts", `import { b } from "./b.ts";`],
      ["src/load/b.ts", `import { c } from "./c.ts";`],
      ["src/load/c.ts", `import type { b } from "./b.ts";`],
    ]);
    expect(findBreaches(cycle)).toEqual(["src/load/b.ts: a cycle: src/load/b.ts -> src/load/c.ts -> src/load/b.ts"]);
  });
});

/** Uses of each ban, in the order of the table. */
const plantedUses: string[][] = [
  [`const home = process.env.HOME;`, `const home = process["env"].HOME;`, `f(process?.env);`],
  [`process.stdout.write("a");`, `process.stderr.isTTY;`, `console.log(1);`, `const { log } = console;`],
  [
    `Date.now();`,
    `new Date();`,
    `Date();`,
    `performance.now();`,
    `process.hrtime.bigint();`,
    `const { now } = performance;`,
  ],
  [`const x = Math.random();`, `const f = Math["random"];`, "const s = `${Math.random()}`;"],
  [`process.exit(1);`, `process.abort();`],
  [`await fetch("http://a");`, `new WebSocket("ws://a");`, `const get = fetch;`],
  [`const { env } = process;`, `globalThis.fetch("http://a");`, `process[name]();`],
  [`process.binding("tcp_wrap");`, `process.dlopen(module, path);`, `process.execve("/bin/sh", []);`],
  [`eval("1");`, `new Function("return 1")();`],
];

describe("a planted use is found:", () => {
  it("of each ban", () => {
    expect(plantedUses).toHaveLength(bans.length);
  });

  it.each(plantedUses.flatMap((texts, index) => texts.map((text): [string, number] => [text, index])))(
    "%s",
    (text, index) => {
      expect(findBreaches(new Map([["src/net/gate.ts", text]]))).toContainEqual(
        expect.stringContaining(bans[index]?.why ?? "?"),
      );
    },
  );
});
