/** The guard in the built program: there before everything else, and in the way of code that goes round the gate. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bin, repositoryRoot, runProgram, withTempHome } from "./e2e/cli.ts";
import { runsIn } from "./e2e/bench.ts";
import { nodeOf, versions } from "./egress/nodes.ts";

const newest = versions.at(-1) ?? "";

describe("fetch(), added to the program and aimed at the authorised endpoint itself,", () => {
  const planted = `
    const plantedFor = process.argv[process.argv.indexOf("--endpoint") + 1];
    fetch(plantedFor + "/planted").then(
      () => process.stderr.write("planted: answered\\n"),
      (error) => process.stderr.write("planted: " + error.cause?.code + "\\n"),
    );`;

  it("fails at the guard, is counted in the run's record and told at the terminal", async () => {
    const { stderr, code, asked, egress, port } = await benchWith(planted);
    expect(stderr).toContain("planted: EACCES\n");
    expect(stderr).toContain(`the guard denied what no flag names: tcp connect 127.0.0.1:${port} (1)`);
    expect(asked).not.toContain("/planted");
    expect(asked).toContain("/v1/chat/completions");
    expect(egress).toMatchObject({ denied: 1, denials: [{ reason: "guard: tcp connect", count: 1 }] });
    expect([0, 1]).toContain(code);
  });

  it("would be answered without the guard", async () => {
    const { stderr, asked } = await benchWith(planted, (main) => main.replace(/(\w+\.)?installGuard\(\)/, "void 0"));
    expect(stderr).toContain("planted: answered\n");
    expect(asked).toContain("/planted");
  });
});

describe("where the guard cannot be installed", () => {
  it("commands that need the network refuse with exit code 4, and the others work", () =>
    withTempHome(async (home) => {
      const sabotage = join(home, "sabotage.cjs");
      writeFileSync(sabotage, `process.binding = () => { throw new Error("this Node has other bindings"); };`);
      const run = (...args: string[]) => runProgram(process.execPath, ["--require", sabotage, bin, ...args], { home });
      for (const args of [["bench"], ["bench", "--endpoint", "http://127.0.0.1:9", "--model", "m"], ["mimic"]])
        expect(await run(...args)).toMatchObject({
          code: 4,
          stderr: expect.stringContaining("guard unavailable: refusing to run network commands") as string,
        });
      expect(runsIn(home)).toEqual([]);
      expect(await run("--version")).toMatchObject({ code: 0 });
      expect(await run("runs", "list")).toMatchObject({ code: 0 });
      const status = await run("telemetry", "status");
      expect(status).toMatchObject({ code: 0 });
      expect(status.stdout).toContain("guard: not live; could not be installed: this Node has other bindings");
    }));
});

describe("telemetry status", () => {
  it("says that the guard is live in the program as it is built", async () => {
    // Where Node's permission model covers the network, it is that instead.
    const { stdout } = await withTempHome((home) =>
      runProgram(process.execPath, [bin, "telemetry", "status", "--json"], { home }),
    );
    const live = liveLayersIn(stdout);
    expect(live).toContain("gate");
    expect(live).toContain(process.allowedNodeEnvironmentFlags.has("--allow-net") ? "permissions" : "guard");
  });
});

describe(`on Node ${newest}, whose permission model covers the network,`, () => {
  const node = nodeOf(newest);
  const run = (...args: string[]) =>
    withTempHome((home) => runProgram(node ?? "", [bin, ...args], { home, env: { NODE_OPTIONS: "--no-warnings" } }));

  it.for([
    ["telemetry", "status", "--json"],
    ["runs", "list", "--json"],
    ["bench", "--help"],
  ])("%s %s runs under it", async (args, { skip }) => {
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    const { code, stderr, stdout } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.length).toBeGreaterThan(1);
  });

  it("telemetry status says so", async ({ skip }) => {
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    expect(liveLayersIn((await run("telemetry", "status", "--json")).stdout)).toEqual(["gate", "permissions"]);
  });

  it("bench runs under the guard", async ({ skip }) => {
    skip(node === null, "it is not installed: node test/egress/nodes.ts");
    const { code, stderr } = await run("bench", "--requests", "3", "--concurrency", "1", "--quiet");
    expect([0, 1]).toContain(code);
    expect(stderr).not.toContain("guard");
  });
});

function liveLayersIn(status: string): string[] {
  const { layers } = JSON.parse(status) as { layers: { name: string; live: boolean }[] };
  return layers.filter(({ live }) => live).map(({ name }) => name);
}

/** A short bench by a copy of the program that begins with this code, and what its endpoint was asked for. */
function benchWith(code: string, changeMain: (main: string) => string = (main) => main) {
  return withTempHome(async (home) => {
    const copy = join(home, "dist");
    cpSync(join(repositoryRoot, "dist"), copy, { recursive: true });
    const change = (name: string, by: (text: string) => string) => {
      const before = readFileSync(join(copy, name), "utf8");
      const after = by(before);
      writeFileSync(join(copy, name), after);
      return after !== before;
    };
    expect(change("program.js", (program) => `${code}\n${program}`)).toBe(true);
    change("main.js", changeMain);
    const asked: string[] = [];
    const port = await startEngine((request, response) => {
      asked.push(request.url ?? "");
      request.resume().on("end", () => answer(request.url ?? "", response));
    });
    const endpoint = `http://127.0.0.1:${port}`;
    const args = ["bench", "--endpoint", endpoint, "--model", "m", "--requests", "3", "--concurrency", "1"];
    const result = await runProgram(process.execPath, [join(copy, "main.js"), ...args, "--no-metrics"], { home });
    const [directory = ""] = runsIn(home);
    const egress: unknown = JSON.parse(readFileSync(join(directory, "egress.json"), "utf8"));
    return { ...result, asked, egress, port };
  });
}

const answer = (url: string, response: Parameters<RequestListener>[1]) => {
  if (!url.startsWith("/v1/chat")) return void response.writeHead(404).end();
  const event = (data: object) => `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", ...data })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(event({ choices: [{ index: 0, delta: { content: "word" }, finish_reason: null }] }));
  response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
  response.end(`${event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })}data: [DONE]\n\n`);
};

async function startEngine(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
