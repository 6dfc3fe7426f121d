/** What a person sees: help, version, colours, progress, and how little of it there is where nobody looks. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { quick } from "../../src/mimic/mimic.fixture.ts";
import { textWidth } from "../../src/report/text-width.ts";
import { benchArgs, startEngine } from "./bench.ts";
import { bin, repositoryRoot, runCli, runProgram, withTempHome } from "./cli.ts";

const escape = "\u001b";

describe("--version", () => {
  it.each([["--version"], ["-V"]])("%s is the version and nothing else", async (flag) => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };
    expect(await runCli([flag])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
  });
});

describe("--help", () => {
  it("is there for each command, with an example and what it does", async () => {
    const commands = await commandsBelow([]);
    expect(commands.map((words) => words.join(" "))).toEqual(
      expect.arrayContaining([
        "",
        "bench",
        "report",
        "runs",
        "runs list",
        "runs show",
        "telemetry",
        "telemetry status",
        "mimic",
      ]),
    );
    for (const words of commands) {
      const { code, stdout, stderr } = await runCli([...words, "--help"]);
      expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^Usage: ${["inferguard", ...words].join(" ")}`));
      // An example is a command line that begins with this command.
      expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n  ${["inferguard", ...words].join(" ")}`));
      expect(stdout).not.toContain(escape);
    }
  });

  it("says the default of each flag that takes a value, as it would be typed", async () => {
    // Without these flags there is nothing to send, to check or to keep: their description says so.
    const withoutDefault = [
      ...[
        "--endpoint",
        "--header",
        "--header-file",
        "--api-key-env",
        "--api-key-file",
        "--body",
        "--ca-file",
        "--resolve",
        "--proxy",
        "--proxy-header-file",
      ],
      ...["--rate", "--input", "--gpu-metrics-url", "--slo", "--gpus", "--name", "--egress-report"],
    ];
    const flags = flagsOf((await runCli(["bench", "--help"])).stdout);
    expect(flags.length).toBeGreaterThan(25);
    const silent = flags
      .filter(({ takesValue, text }) => takesValue && !text.includes("default"))
      .map(({ flag }) => flag);
    expect(silent.toSorted()).toEqual(withoutDefault.toSorted());
    for (const [flag, shown] of [
      ["--drain", "30s"],
      ["--connect-timeout", "10s"],
      ["--idle-timeout", "2m"],
      ["--runs-dir", "./inferguard-runs"],
    ])
      expect(flags.find((one) => one.flag === flag)?.text).toMatch(new RegExp(`\\(default: "?${shown}"?\\)`));
  });

  it("is what a command without its second word prints, with exit 2", async () => {
    for (const words of [[], ["runs"], ["telemetry"]]) {
      const { code, stdout, stderr } = await runCli(words);
      expect({ words, code, stderr }).toEqual({ words, code: 2, stderr: "" });
      expect(stdout).toContain(`Usage: ${["inferguard", ...words].join(" ")} [options] [command]`);
    }
  });
});

describe("bench", () => {
  it("in a pipe writes neither colours nor cursor movements, and its lines fit 80 columns", async () => {
    const { port } = await startEngine({ profile: quick });
    const { stdout, stderr } = await runCli(textArgs(port));
    expect(stdout + stderr).not.toContain(escape);
    expect(stdout + stderr).not.toContain("\r");
    expect(stdout).toMatch(/TTFT/);
    expect(stdout).toMatch(/0 denied/);
    expect(stderr).toMatch(/concurrency 2/);
    // The path of the run is whole, so that it can be copied.
    for (const line of stdout.split("\n").filter((text) => !text.includes("inferguard-runs/")))
      expect(textWidth(line), line).toBeLessThanOrEqual(80);
  });

  it("with --quiet says nothing on stderr, and the whole report on stdout", async () => {
    const { port } = await startEngine({ profile: quick });
    const { stdout, stderr } = await runCli([...textArgs(port), "--quiet"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/TTFT/);
  });

  it("with --quiet still says what went wrong", async () => {
    const { code, stderr } = await runCli(["bench", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--quiet"]);
    expect(code).toBe(3);
    expect(stderr).toContain("cannot connect");
  });

  it("without an endpoint says that it is synthetic, first and in the report", async () => {
    const { stdout, stderr } = await runCli(["bench", "--concurrency", "1", "--requests", "1", "--output-tokens", "2"]);
    expect(stderr.split("\n")[0]).toMatch(/no --endpoint.*synthetic/);
    expect(stdout).toMatch(/SYNTHETIC/);
  });
});

describe("mimic", () => {
  it("says where it is and what it serves, and ends when it is asked to", async () => {
    const kill = { signal: "SIGTERM", output: /\n/ } as const;
    const { code, stdout, stderr } = await runCli(["mimic", "--port", "0", "--json", "--model", "my-model"], { kill });
    const { url, port, model } = JSON.parse(stdout) as { url: string; port: number; model: string };
    expect({ url, model }).toEqual({ url: `http://127.0.0.1:${port}/v1`, model: "my-model" });
    expect(port).toBeGreaterThan(0);
    expect({ code, stderr }).toEqual({
      code: 143,
      stderr: "egress: 0 destinations, 0 connections; 0 B out, 0 B in; 0 look-ups; 0 denied\n",
    });
  });
});

describe("on a terminal", () => {
  const noTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status !== 0;

  it("progress is drawn over and over, and what matters has a colour", async ({ skip }) => {
    skip(noTerminal, "there is no script(1) here to make a terminal");
    const screen = await onTerminal({});
    expect(screen).toMatch(colour);
    expect(screen).toMatch(cursor);
  });

  it.for([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["TERM=dumb", { TERM: "dumb" }],
  ] as const)("%s takes the colours away", async ([, env], { skip }) => {
    skip(noTerminal, "there is no script(1) here to make a terminal");
    const screen = await onTerminal(env);
    expect(screen).toContain("TTFT");
    expect(screen).not.toMatch(colour);
  });

  it("TERM=dumb takes the cursor movements away too", async ({ skip }) => {
    skip(noTerminal, "there is no script(1) here to make a terminal");
    expect(await onTerminal({ TERM: "dumb" })).not.toContain(escape);
  });

  const colour = new RegExp(`${escape}\\[[0-9;]*m`);
  const cursor = new RegExp(`${escape}\\[[0-9;]*[A-LSTf]`);

  async function onTerminal(env: Readonly<Record<string, string>>): Promise<string> {
    const { port } = await startEngine();
    return withTempHome(async (home) => {
      const command = [process.execPath, bin, ...textArgs(port)].map((word) => `'${word}'`).join(" ");
      const options = { home, env: { TERM: "xterm-256color", LANG: "C.UTF-8", ...env } };
      const { stdout } = await runProgram("script", ["-qec", command, "/dev/null"], options);
      return stdout;
    });
  }
});

/** Of `bench`, with its report as text. */
function textArgs(port: number): string[] {
  return benchArgs(port, ["--concurrency", "2", "--requests", "12"]).filter((word) => word !== "--json");
}

/** Every command by its words, the program itself first. */
async function commandsBelow(words: readonly string[]): Promise<string[][]> {
  const { stdout } = await runCli([...words, "--help"]);
  const [, listed = ""] = stdout.split("\nCommands:\n");
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].flatMap(([, name]) => name ?? []);
  const below = names.filter((name) => name !== "help" && name !== "inferguard");
  const nested = await Promise.all(below.map((name) => commandsBelow([...words, name])));
  return [[...words], ...nested.flat()];
}

/** Each flag of a help text with all that is said of it. */
function flagsOf(help: string): { flag: string; takesValue: boolean; text: string }[] {
  const [options = ""] = help.split("\nExample");
  return options
    .split(/\n(?= {2}(?:-\w, )?--)/)
    .slice(1)
    .map((entry) => {
      const [, flag = "", value] = /(--[a-z-]+)( <)?/.exec(entry) ?? [];
      return { flag, takesValue: value !== undefined, text: entry.replace(/\s+/g, " ") };
    });
}
