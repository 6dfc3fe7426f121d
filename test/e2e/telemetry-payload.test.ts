/** The payload as the built command line shows it: nothing of a run, a home or an environment shows through. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { candidateOfRun, pendingPayloadOf } from "../../src/commands/telemetry-candidate.ts";
import type { RunNumbers } from "../../src/posture/payload-facts.ts";
import { sampleRun } from "../../src/posture/payload-run.fixture.ts";
import { writePendingPayload } from "../../src/posture/pending.ts";
import type { Verification } from "../../src/posture/payload-verification.ts";
import { type CliResult, runCli, withTempHome } from "./cli.ts";
import { writePlantedRun } from "./planted-run.ts";
import { plantWords, wordsFoundIn } from "./planted-words.ts";

const runName = "20260102-030405-bench-abc123";

/** What a command is given by way of its environment and its place, all of it planted. */
interface Planted {
  run(args: readonly string[], env?: Record<string, string>): Promise<CliResult>;
  home: string;
  runsDir: string;
  words: Map<string, string>;
  word(place: string): string;
}

function withPlanted<T>(
  seed: number,
  numbers: RunNumbers,
  noise: number,
  use: (planted: Planted) => Promise<T>,
): Promise<T> {
  return withTempHome(async (temporary) => {
    const { word, words } = plantWords(seed);
    const home = join(temporary, word("the home's name"));
    const runsDir = join(home, word("the runs' directory"));
    writePlantedRun(join(runsDir, runName), numbers, new Uint8Array(32).fill(noise), word);
    const env = {
      [`X_${word("a variable's name")}`]: word("a variable"),
      HTTP_PROXY: `http://${word("a proxy's user")}:${word("a proxy's password")}@127.0.0.1:9`,
      USER: word("the user"),
      OPENAI_API_KEY: `sk-${word("a key")}`,
    };
    const run: Planted["run"] = (args, more = {}) => runCli(args, { home, env: { ...env, ...more } });
    return await use({ run, home, runsDir, words, word });
  });
}

const verifyArgs = (runsDir: string, ...more: string[]) => [
  "telemetry",
  "verify-payload",
  runName,
  "--runs-dir",
  runsDir,
  ...more,
];

const sweep = [4, 8, 16].map((concurrency) => ({ mode: "closed" as const, concurrency }));

describe("two runs that differ in every string, path, host, prompt, header and variable", () => {
  const { plan, requests, timeline } = sampleRun({ requests: 2100 });
  const cases: [string, RunNumbers][] = [
    ["with --requests and metrics", { plan, requests, timeline }],
    ["cut off half-way", { plan, requests: requests.slice(0, 1000), timeline }],
    ["with --duration", sampleRun({ requests: null, duration_ms: 1000 })],
    [
      "of a sweep",
      {
        ...sampleRun({ requests: 60, levels: sweep }),
        requests: requests.slice(0, 180).map((row) => ({ ...row, level: row.id % 3 })),
      },
    ],
    ["of the simulated engine", sampleRun({ requests: 300, gpus: null, target: { ...plan.target, kind: "mimic" } })],
  ];

  it.each(cases)("have the same payload, and the same answer about it: a run %s", async (name, numbers) => {
    const answers = (seed: number) =>
      withPlanted(seed, numbers, name.length, async ({ run, runsDir }) => {
        const [json, lines] = [await run(verifyArgs(runsDir, "--json")), await run(verifyArgs(runsDir))];
        expect([json.code, lines.code, json.stderr, lines.stderr]).toEqual([0, 0, "", ""]);
        return [json.stdout, lines.stdout];
      });
    const [one, other] = [await answers(1), await answers(2)];
    expect(one).toEqual(other);
    const { payload } = JSON.parse(one[0] ?? "") as Verification;
    expect(one[1]).toContain(payload);
  });
});

describe("a word planted in every place where something can be put in", () => {
  const numbers = sampleRun({ requests: 2100 });

  it("comes out of no telemetry command, and lies in no payload and no ledger", () =>
    withPlanted(3, numbers, 5, async ({ run, home, runsDir, words, word }) => {
      mkdirSync(join(home, "given"));
      const token = join(home, "given", word("the token file's name"));
      writeFileSync(token, word("the operator's token"), { mode: 0o600 });
      const commands: [args: string[], env?: Record<string, string>][] = [
        [["telemetry", "status"], { DO_NOT_TRACK: word("an override") }],
        [["telemetry", "status", "--json"], { INFERGUARD_TELEMETRY: word("another override") }],
        [["telemetry", "enable", "--yes", "--consent-token-file", token]],
        [["telemetry", "status"]],
        [verifyArgs(runsDir)],
        [verifyArgs(runsDir, "--json")],
        [verifyArgs(runsDir), { DO_NOT_TRACK: word("an override of the payload") }],
        [["telemetry", "log"]],
        [["telemetry", "log", "--json", "--verify"]],
        [["telemetry", "disable", "--keep-pending"]],
        [["telemetry", "status", "--json"]],
      ];
      for (const [args, env] of commands) {
        const { code, stdout, stderr } = await run(args, env);
        expect({ args: args.slice(0, 2), code, found: wordsFoundIn(stdout + stderr, words) }).toEqual({
          args: args.slice(0, 2),
          code: 0,
          found: [],
        });
        expect(stdout.length).toBeGreaterThan(20);
      }
      expect(words.size).toBeGreaterThan(40);
      const folder = join(home, ".config/inferguard");
      expect(wordsFoundIn(readFileSync(join(folder, "ledger.jsonl"), "utf8"), words)).toEqual([]);
    }));

  it("lies in no pending payload, whose bytes are those that verify-payload shows", () =>
    withPlanted(4, numbers, 5, async ({ run, home, runsDir, words }) => {
      expect((await run(["telemetry", "enable", "--yes"])).code).toBe(0);
      const candidate = await candidateOfRun(join(runsDir, runName));
      // As if the run had begun after consent was given.
      const pending = { ...pendingPayloadOf(candidate), started_at: "2100-01-01T00:00:00Z" };
      const result = await writePendingPayload({ HOME: home }, pending);
      const directory = join(home, ".config/inferguard/uploads-pending");
      expect({ written: result.written, files: readdirSync(directory).length }).toEqual({ written: true, files: 1 });
      const path = join(directory, readdirSync(directory)[0] ?? "");
      const bytes = readFileSync(path, "utf8");
      expect(wordsFoundIn(bytes, words)).toEqual([]);
      for (const args of [["telemetry", "verify-payload", path, "--json"], verifyArgs(runsDir, "--json")]) {
        const { code, stdout } = await run(args);
        const { payload } = JSON.parse(stdout) as Verification;
        expect({ code, payload, found: wordsFoundIn(stdout, words) }).toEqual({ code: 0, payload: bytes, found: [] });
      }
      expect((await run(["telemetry", "disable"])).code).toBe(0);
      expect(readdirSync(directory)).toEqual([]);
    }));

  it("comes out of --show-prompts only where it was a prompt", () =>
    withPlanted(5, numbers, 5, async ({ run, runsDir, words }) => {
      for (const more of [[], ["--json"]]) {
        const { code, stdout } = await run(verifyArgs(runsDir, "--show-prompts", ...more));
        expect({ code, found: wordsFoundIn(stdout, words) }).toEqual({ code: 0, found: ["a prompt: plain"] });
      }
    }));

  it("would be found in any form", () => {
    const { word, words } = plantWords(6);
    const planted = word("here");
    const bytes = Buffer.from(planted);
    for (const [text, form] of [
      [`x${planted.slice(7, 13)}y`, "plain"],
      [planted.toUpperCase(), "plain"],
      [planted.split("").toReversed().join(""), "reversed"],
      [bytes.toString("hex"), "hex"],
      [Buffer.from(`ab${planted}cd`).toString("base64"), "base64"],
      [Buffer.from(`a${planted}`).toString("base64url"), "base64"],
    ])
      expect(wordsFoundIn(text ?? "", words)).toContain(`here: ${form}`);
    expect(wordsFoundIn(planted.slice(0, 5), words)).toEqual([]);
  });
});

describe("telemetry verify-payload", () => {
  it("refuses a pending file that somebody changed, with exit code 1 and without showing it", () =>
    withTempHome(async (home) => {
      const path = join(home, "7.json");
      writeFileSync(path, '{"schema": "inferguard-telemetry/v1", "user": "jo@example.org"}\n');
      const { code, stdout } = await runCli(["telemetry", "verify-payload", path], { home });
      expect(code).toBe(1);
      expect(stdout).toContain("refused: not_a_payload x 1, email x 1");
      expect(stdout).not.toContain("jo@");
    }));

  it("says what to name when it is given nothing, and what there is when it is given what is not there", () =>
    withTempHome(async (home) => {
      const { code, stderr } = await runCli(["telemetry", "verify-payload"], { home });
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("run") as string });
      expect((await runCli(["telemetry", "verify-payload", "nothing"], { home })).code).toBe(3);
    }));
});
