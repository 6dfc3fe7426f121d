import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { grantConsent, makeHome, type TestHome } from "../posture/consent.fixture.ts";
import { shareBuckets, ttftBucketOf, ttftBuckets } from "../posture/payload-buckets.ts";
import { payloadSchemaHash } from "../posture/payload-schema.ts";
import type { Verification } from "../posture/payload-verification.ts";
import { sampleRow, sampleRun } from "../posture/payload-run.fixture.ts";
import { writePendingPayload } from "../posture/pending.ts";
import type { DaemonPlan } from "../runs/schemas/daemon-plan.ts";
import { modelCall, sampleTraceStart, toolCall } from "../runs/sample-trace.fixture.ts";
import { candidateOfRun, pendingPayloadOf } from "./telemetry-candidate.ts";
import { sampleSeed, type WrittenRun, writeRun, writeTraceRun } from "./telemetry-run.fixture.ts";
import { telemetryVerifyPayload } from "./telemetry-verify-payload.ts";

let home: TestHome;
let runsDir: string;
let directory: string;

beforeEach(() => {
  home = makeHome();
  runsDir = join(home.path, "runs");
  directory = join(runsDir, "20260102-030405-bench-abc123");
  vi.stubEnv("HOME", home.path);
  for (const name of ["XDG_CONFIG_HOME", "DO_NOT_TRACK", "INFERGUARD_TELEMETRY"]) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  home.remove();
});

const written = (changes: Partial<WrittenRun> = {}) =>
  writeRun(directory, { ...sampleRun({ requests: 300 }), seed: sampleSeed, ...changes });

async function verify(argument = directory, showPrompts = false) {
  const { document, lines, exitCode } = await telemetryVerifyPayload({ argument, runsDir, showPrompts });
  return { verification: JSON.parse(document) as Verification, document, lines, text: lines.join("\n"), exitCode };
}

const codes = ({ reasons }: Verification) => reasons.map(({ code }) => code);

describe("the candidate payload", () => {
  it("is shown with its exact bytes, their hash, and everything about them", async () => {
    written();
    const { verification, lines, exitCode } = await verify();
    const payload = verification.payload ?? "";
    expect(exitCode).toBe(0);
    expect(verification).toMatchObject({
      schema: "inferguard-payload-verification/v1",
      source: "run",
      payload_schema: "inferguard-telemetry/v1",
      payload_schema_sha256: payloadSchemaHash,
      kind: "bench-summary",
      claim: "measured",
      redaction: { status: "not applicable: no free text can be represented", found: [] },
      payload_bytes: Buffer.byteLength(payload),
      payload_sha256: createHash("sha256").update(payload).digest("hex"),
      dp: { delta: 0, row: { epsilon: 0.15 }, run: { epsilon: 0.75 } },
      capacity_bits: 28.1,
      overrides: [
        { name: "DO_NOT_TRACK", active: false },
        { name: "INFERGUARD_TELEMETRY", active: false },
      ],
      text: { kept: false },
      incomplete: [],
      sendable: false,
    });
    expect(verification).not.toHaveProperty("prompts");
    expect(lines.join("\n")).toContain(`\n${payload}`);
    expect(lines.at(-1)).toBe(
      "This payload cannot be sent: nobody has enabled it (Denied:Default); " +
        "this release has no code that uploads anything (Denied:NoUploadInThisRelease).",
    );
  });

  it("says of each field its value and its noise, or why it is withheld", async () => {
    written();
    const { verification, lines } = await verify();
    const fields = Object.fromEntries((verification.fields ?? []).map((field) => [field.name, field]));
    expect(fields["ttft_p50"]).toMatchObject({
      mechanism: "permute_and_flip",
      unit: "row",
      epsilon: 0.15,
      withheld: null,
      values: 58,
    });
    expect(fields["ttft_p99"]).toMatchObject({ value: "withheld", mechanism: null, epsilon: 0 });
    expect(fields["ttft_p99"]?.withheld).toEqual({
      code: "n_too_small",
      text: "--requests, or --model-calls of a trace, is below the smallest number with which the noise leaves anything to see, 6932",
    });
    expect(fields["tool_stall_share"]?.withheld?.code).toBe("not_in_kind");
    for (const { name } of verification.fields ?? [])
      expect(
        lines.filter((line) =>
          line
            .trimStart()
            .replace(/^Fields +/, "")
            .startsWith(`${name}: `),
        ),
      ).toHaveLength(1);
  });

  it("is there for a trace too, with as many model calls as a flag said", async () => {
    const nodes = Array.from({ length: 600 }, (_, index) => [
      modelCall(2 * index, 200 * index, 200 * index + 100, {
        carries: index === 0 ? [] : [2 * index - 1],
        input_tokens: 100,
        cached_tokens: 80,
      }),
      toolCall(2 * index + 1, 200 * index + 100, 200 * index + 200, { parent: 2 * index }),
    ]).flat();
    const { plan } = sampleTraceStart;
    writeTraceRun(directory, { plan: { ...plan, model_calls: 600 }, nodes, seed: sampleSeed });
    const { verification, exitCode } = await verify();
    expect(exitCode).toBe(0);
    expect(verification).toMatchObject({ kind: "agent-trace-summary", claim: "measured", incomplete: [] });
    const fields = Object.fromEntries((verification.fields ?? []).map((field) => [field.name, field]));
    // A TTFT of 39.75 ms; half of the time between two calls went to a tool; 80 of 100 tokens were cached.
    expect(fields["ttft_p50"]?.value).toBe(ttftBuckets[ttftBucketOf(39.75)]);
    const near = (bucket: number) => shareBuckets.slice(bucket - 1, bucket + 2);
    expect(near(5)).toContain(fields["tool_stall_share"]?.value);
    expect(near(8)).toContain(fields["prefix_cache_hit_rate"]?.value);

    writeTraceRun(directory, { plan, nodes, seed: sampleSeed });
    const withheld = (await verify()).verification.fields?.map((field) => field.withheld?.code);
    expect(new Set(withheld)).toEqual(new Set(["n_not_public", "not_in_kind"]));
  });

  it("has the same bytes at each call, by whichever name the run is called", async () => {
    written();
    const names = [directory, "20260102-030405-bench-abc123", "20260102", "latest"];
    const documents = await Promise.all([...names, ...names].map(async (name) => (await verify(name)).document));
    expect(new Set(documents).size).toBe(1);
  });

  it("is of the run's own seed", async () => {
    const payloads = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      written({ seed: new Uint8Array(32).fill(seed) });
      payloads.add((await verify()).verification.payload ?? "");
    }
    expect(payloads.size).toBeGreaterThan(4);
  });

  it("changes nothing on the disk, in the run or at home", async () => {
    written({ text: [] });
    const before = everythingBelow(home.path);
    await verify();
    await verify(directory, true);
    expect(everythingBelow(home.path)).toEqual(before);
  });
});

describe("a run of any state", () => {
  const withheld = ({ fields }: Verification) =>
    Object.fromEntries((fields ?? []).map(({ name, withheld: why }) => [name, why?.code ?? null]));

  it.each([
    ["is missing", null],
    ["is empty", new Uint8Array(0)],
    ["is too short", new Uint8Array(31)],
    ["is too long", new Uint8Array(33)],
  ])("withholds every value when its seed %s", async (_, seed) => {
    written({ seed });
    const { verification, exitCode } = await verify();
    expect(exitCode).toBe(0);
    expect(new Set(Object.values(withheld(verification)))).toEqual(
      new Set(["no_seed", "n_too_small", "not_in_kind", "not_a_sweep"]),
    );
    expect(verification.dp).toMatchObject({ row: { epsilon: 0 }, run: { epsilon: 0 } });
  });

  it("withholds every value when its seed is a pipe, and does not wait for it", async () => {
    written({ seed: null });
    expect(spawnSync("mkfifo", [join(directory, "noise.seed")]).status).toBe(0);
    expect(withheld((await verify()).verification)["ttft_p50"]).toBe("no_seed");
  });

  it.each(["interrupted", "failed", "completed"] as const)(
    "has a payload when it is %s, made of the flag's number",
    async (status) => {
      const { plan, requests, timeline } = sampleRun({ requests: 300 });
      written({ plan, requests: requests.slice(0, 3), timeline, manifest: { status } });
      const { verification } = await verify();
      expect(verification.fields?.[0]).toMatchObject({ name: "ttft_p50", value: "56.2 s or more, or no first token" });
    },
  );

  it("has one when it ended before its first request", async () => {
    written({ requests: [], timeline: [], manifest: { status: "interrupted", ended_at: null } });
    const { verification } = await verify();
    expect(verification).toMatchObject({ kind: "bench-summary", incomplete: [] });
  });

  it("says when it is not over, and so will have another payload", async () => {
    written({ manifest: { status: "running", process: { pid: process.pid, start_time: null } } });
    const { text } = await verify();
    expect(text).toContain("the run is not over: its payload will be another one");
  });

  it("has the payload that it has when every row wants a second look", async () => {
    const run = sampleRun({ requests: 300, gpus: 4 });
    written(run);
    const sound = await verify();
    written({ ...run, requests: run.requests.map((row) => ({ ...row, added: 1 })) });
    expect((await verify()).verification).toEqual(sound.verification);
  });

  it("says which rows are not read, and takes what it can", async () => {
    written();
    appendFileSync(join(directory, "requests.jsonl"), '{"id": 1e999}\nno row\n{"id":');
    rmSync(join(directory, "timeline.jsonl"));
    const { verification } = await verify();
    expect(verification.incomplete).toEqual([
      "a part of requests.jsonl is not read: a request that is missing counts as one without a first token",
      "a part of timeline.jsonl is not read: a scrape that is missing counts as not made",
    ]);
    expect(withheld(verification)["ttft_p50"]).toBeNull();
  });

  it("is refused with exit code 3 when there is none", async () => {
    for (const argument of [join(home.path, "nothing"), "", "x".repeat(5000), "/dev/null/x", "/dev/null"])
      await expect(verify(argument)).rejects.toMatchObject({ exitCode: 3 });
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "run.json"), "{");
    await expect(verify()).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("a run of daemon", () => {
  const plan = (changes: Partial<DaemonPlan> = {}): DaemonPlan => ({
    command: "daemon",
    metrics: [{ role: "engine", origin: "http://engine.internal:8000", path: "/metrics", flag: "--metrics-url" }],
    scrape_interval_ms: 1000,
    retain_ms: 86_400_000,
    max_disk_bytes: 1e9,
    gpus: 8,
    ...changes,
  });
  const payloadOf = async (changes: Partial<DaemonPlan> = {}) => {
    written({ manifest: { plan: plan(changes) } });
    return (await verify()).verification;
  };

  it("has a rollup that releases the declared GPUs, and withholds everything else", async () => {
    const { kind, claim, fields, dp } = await payloadOf();
    expect({ kind, claim }).toEqual({ kind: "metrics-rollup", claim: "measured" });
    const released = (fields ?? []).filter((field) => field.withheld === null);
    expect(released.map(({ name }) => name)).toEqual(["gpu_count"]);
    expect(dp).toMatchObject({ row: { epsilon: 0 }, run: { epsilon: 0.75 } });
    const withoutGpus = (await payloadOf({ gpus: null })).fields?.find(({ name }) => name === "gpu_count");
    expect(withoutGpus?.withheld?.code).toBe("not_declared");
  });

  it("says nothing of what it watched", async () => {
    const metrics = [{ role: "secret", origin: "http://10.1.2.3:9", path: "/x", flag: "--gpu-metrics-url" as const }];
    const other = await payloadOf({ metrics, scrape_interval_ms: 5000, retain_ms: 1, max_disk_bytes: 7 });
    expect(other.payload).toBe((await payloadOf()).payload);
  });
});

describe("why it cannot be sent", () => {
  it("names each active override, and works all the same", async () => {
    written();
    vi.stubEnv("DO_NOT_TRACK", "true");
    vi.stubEnv("INFERGUARD_TELEMETRY", "never");
    const { verification, exitCode } = await verify();
    expect(exitCode).toBe(0);
    expect(codes(verification)).toEqual([
      "Denied:DoNotTrack",
      "Denied:EnvironmentDisabled",
      "Denied:NoUploadInThisRelease",
    ]);
    expect(verification.overrides.map(({ active }) => active)).toEqual([true, true]);
  });

  it("has the run's age in it when consent is younger", async () => {
    written();
    await grantConsent(home);
    expect(codes((await verify()).verification)).toEqual([
      "Denied:RunOlderThanConsent",
      "Denied:NoUploadInThisRelease",
    ]);
  });

  it("is the missing upload alone when everything else allows it", async () => {
    await grantConsent(home, { at: new Date("2026-01-01T00:00:00Z") });
    vi.useFakeTimers({ now: new Date("2026-01-03T00:00:00Z"), toFake: ["Date"] });
    try {
      written();
      const { verification } = await verify();
      expect(verification).toMatchObject({ sendable: false });
      expect(codes(verification)).toEqual(["Denied:NoUploadInThisRelease"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a pending file", () => {
  const pending = async () => {
    written();
    const at = new Date("2026-01-01T00:00:00Z");
    await grantConsent(home, { at });
    const candidate = await candidateOfRun(directory);
    const result = await writePendingPayload(
      { HOME: home.path },
      pendingPayloadOf(candidate),
      new Date("2026-01-03T00:00:00Z"),
    );
    if (!result.written) throw new Error(result.denial.text);
    return result.path;
  };

  it("has the bytes that its run has", async () => {
    const path = await pending();
    const [ofRun, ofFile] = [await verify(), await verify(path)];
    expect(ofFile.verification).toMatchObject({ source: "pending_file", text: { kept: null } });
    for (const member of ["payload", "payload_sha256", "fields", "dp", "capacity_bits"] as const)
      expect(ofFile.verification[member]).toEqual(ofRun.verification[member]);
  });

  it.each([
    [
      "a path in it",
      (text: string) => text.replace("bench-summary", "/home/jo/x.gguf"),
      "not_a_payload x 1, file_path x 1",
    ],
    [
      "one more member",
      (text: string) => text.replace("{\n", '{\n  "note": "a@b.example",\n'),
      "not_a_payload x 1, email x 1",
    ],
    [
      "a word that nobody suspects",
      (text: string) => text.replace(/("gpu_count": )"\w[^"]*"/, '$1"acme"'),
      "not_a_payload x 1",
    ],
    ["nothing in it", () => "", "not_a_payload x 1"],
  ])("with %s is refused, and not shown", async (_, change, status) => {
    const path = join(home.path, "7.json");
    written();
    const payload = (await verify()).verification.payload ?? "";
    writeFileSync(path, change(payload));
    const { verification, document, text, exitCode } = await verify(path);
    expect(exitCode).toBe(1);
    expect(verification).toMatchObject({ redaction: { status: `refused: ${status}` }, payload: null, fields: null });
    expect(codes(verification)).toContain("Denied:NeverCollectedField");
    for (const output of [document, text]) expect(output).not.toMatch(/jo\/x|a@b|acme|sample/);
    expect(text).toContain("The payload is refused, and so it is not shown.");
  });

  it("of any size does not hold this up", async () => {
    const path = join(home.path, "huge");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 40);
    await expect(verify(path)).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("kept text", () => {
  const text: WrittenRun["text"] = [
    { id: 0, prompt: { kind: "text", text: "a plain\u001b[2J prompt" }, output: "OUTPUT" },
    {
      id: 1,
      output: "OUTPUT",
      prompt: {
        kind: "messages",
        messages: [
          { role: "system", content: "be brief" },
          {
            role: "user",
            content: [
              { type: "text", text: "a question" },
              { type: "image_url", image_url: { url: "data:IMAGE" } },
            ],
          },
          { role: "assistant", content: "OUTPUT", tool_calls: [{ function: { name: "f", arguments: "ARGUMENTS" } }] },
          { role: "tool", content: "ARGUMENTS" },
          {
            role: "user",
            content: "another",
            tool_calls: [{ function: { arguments: "ARGUMENTS" } }],
            note: "ARGUMENTS",
          },
          { content: "ARGUMENTS" },
        ],
      },
    },
  ];

  it("is said to exist, and is not shown unasked", async () => {
    written({ text, manifest: { saved_text: true } });
    const { verification, document, text: shown } = await verify();
    expect(verification.text).toEqual({ kept: true });
    expect(shown).toContain("text.jsonl");
    for (const output of [document, shown]) expect(output).not.toMatch(/plain|question|OUTPUT|ARGUMENTS/);
  });

  it("is shown on request as far as it is prompts, after the payload, and never as far as it is not", async () => {
    written({ text, manifest: { saved_text: true } });
    const { verification, document, lines, text: shown } = await verify(directory, true);
    expect(verification.prompts).toEqual([
      { id: 0, texts: ["a plain\u001b[2J prompt"], left_out: 0 },
      { id: 1, texts: ["be brief", "a question", "another"], left_out: 4 },
    ]);
    for (const output of [document, shown]) expect(output).not.toMatch(/OUTPUT|ARGUMENTS|IMAGE/);
    expect(shown).toContain("request 0: a plain\\x1b[2J prompt");
    expect(lines.findIndex((line) => line.includes("be brief"))).toBeGreaterThan(lines.indexOf("}"));
    expect(lines.at(-1)).toMatch(/^This payload cannot be sent: /);
    // The payload is the one that it is without the flag.
    expect(verification.payload).toBe((await verify()).verification.payload);
  });

  it("that is not there is not made up", async () => {
    written();
    expect((await verify(directory, true)).verification).not.toHaveProperty("prompts");
    expect(existsSync(join(directory, "text.jsonl"))).toBe(false);
  });

  it("behind a link or in a pipe does not hold this up", async () => {
    written();
    symlinkSync("/dev/zero", join(directory, "text.jsonl"));
    expect((await verify(directory, true)).verification).toMatchObject({ text: { kept: true }, prompts: [] });
  });
});

it("a warm-up changes no payload", async () => {
  const { plan, requests, timeline } = sampleRun({ requests: 300 });
  written({ plan, requests: [...requests, sampleRow(5, { phase: "warmup", first_token_ms: 1e9 })], timeline });
  const { verification } = await verify();
  written();
  expect(verification.payload).toBe((await verify()).verification.payload);
});

function everythingBelow(path: string): string[] {
  const names = ["", ...(readdirSync(path, { recursive: true }) as string[])];
  return names.map((name) => {
    const { mode, size, mtimeMs, ctimeMs, nlink } = lstatSync(join(path, name));
    return [name, mode, size, mtimeMs, ctimeMs, nlink].join(" ");
  });
}
