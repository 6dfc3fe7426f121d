import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exitCode } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { destinationsIn } from "./named-destinations.ts";
import { buildProgram } from "./program.ts";
import { createTerminal } from "./terminal.ts";

describe("what a command line names", () => {
  it("is what its flags name, each under its flag", async () => {
    const args = ["bench", "--endpoint", "https://LLM.example/v1", "--metrics-url", "http://[::1]:9100/metrics"];
    expect(await look(...args, "--resolve", "llm.example:443:192.0.2.1")).toMatchObject({
      name: "bench",
      authorities: [
        { category: "inference-endpoint", host: "llm.example", port: 443, flag: "--endpoint" },
        { category: "metrics-endpoint", host: "::1", port: 9100, flag: "--metrics-url" },
      ],
      resolve: [{ host: "llm.example", port: 443, address: "192.0.2.1" }],
    });
  });

  it("is a listener of its own where a command makes one", async () => {
    const own = { category: "loopback-mimic", host: "127.0.0.1" };
    expect((await look("bench")).authorities).toMatchObject([{ ...own, port: 0 }]);
    expect((await look("mimic", "--port", "9000")).authorities).toMatchObject([{ ...own, port: 9000 }]);
  });

  it.each([[["telemetry", "status"]], [["runs", "list"]], [["report", "latest"]], [["--help"]], [["bench", "--help"]]])(
    "is nothing for %s",
    async (args) => {
      expect((await look(...args)).authorities).toEqual([]);
    },
  );

  it("is refused as the command itself would refuse it", async () => {
    await expect(look("bench", "--endpoint", "http://a.example", "--rate", "1", "--concurrency", "1")).rejects.toThrow(
      "--rate and --concurrency exclude each other",
    );
    await expect(look("bench", "--endpoint", "nonsense")).rejects.toThrow("--endpoint");
    await expect(look("no-such-command")).rejects.toThrow("unknown command");
    await expect(look("bench", "--no-such-flag")).rejects.toThrow("unknown option");
  });
});

describe("the commands that docs/release.md has proved", () => {
  const document = readFileSync(new URL("../../docs/release.md", import.meta.url), "utf8");
  const commands = [...document.matchAll(/^inferguard telemetry prove -- (.+)$/gm)].map(([, command = ""]) => command);

  it.each(commands)("%s can be typed so", async (command) => {
    await expect(look(...command.split(" "))).resolves.toBeDefined();
  });

  it("are there", () => {
    expect(commands.length).toBeGreaterThan(5);
  });
});

async function look(...args: string[]) {
  const nobody = { write: () => true, on: () => nobody } as unknown as NodeJS.WritableStream;
  const context: CommandContext = {
    terminal: createTerminal({
      stdout: nobody,
      stderr: nobody,
      env: {},
      json: false,
      quiet: false,
      about: { version: "0", node: "0", platform: "none" },
    }),
    json: false,
    signal: new AbortController().signal,
    giveSignalsTo: () => ({ take() {} }),
    bin: "/nowhere",
    destinationsIn: () => Promise.reject(new Error("not asked")),
    egress: null,
    exitCode: exitCode.ok,
  };
  return destinationsIn(await buildProgram(args, context), args);
}
