/** The directory of a run whose every string is a planted word, and whose numbers are those that it is given. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeRun } from "../../src/commands/telemetry-run.fixture.ts";
import type { RunNumbers } from "../../src/posture/payload-facts.ts";
import { rowSchemas } from "../../src/runs/row-schemas.ts";
import { sampleStart } from "../../src/runs/sample-run.fixture.ts";
import type { BenchPlan } from "../../src/runs/schemas/bench-plan.ts";

export function writePlantedRun(
  directory: string,
  { plan, requests, timeline }: RunNumbers,
  seed: Uint8Array,
  word: (place: string) => string,
): void {
  writeRun(directory, {
    seed,
    plan: plantPlan(plan, word),
    requests: requests.map((row) => ({ ...row, note: row.id === 0 ? word("an unknown field of a row") : undefined })),
    timeline: timeline.map((row, index) =>
      index > 0
        ? row
        : {
            ...row,
            engine: word("the engine"),
            error: word("an error of a scrape"),
            gauges: { ...row.gauges, [word("a metric's name")]: 1 },
            counters: { [`x{host="${word("a label")}"}`]: 1 },
          },
    ),
    manifest: {
      name: word("the run's name"),
      run_id: word("the run's id"),
      status_reason: word("why the run ended"),
      claim_why: word("why the claim"),
      versions: { ...sampleStart.versions, platform: word("the platform") },
      saved_text: true,
      artifacts: { ...rowSchemas, [word("an artifact's name")]: word("an artifact's schema") },
      missing: [{ what: word("what is missing"), why: word("why it is missing") }],
    },
    text: [
      {
        id: 0,
        output: word("an output"),
        prompt: {
          kind: "messages",
          messages: [
            { role: "user", content: word("a prompt") },
            {
              role: "assistant",
              content: word("an earlier output"),
              tool_calls: [{ function: { arguments: word("a tool's argument") } }],
            },
            { role: "tool", content: word("a tool's result") },
          ],
        },
      },
    ],
  });
  appendFileSync(
    join(directory, "requests.jsonl"),
    `{"id": "${word("a row that is none")}"}\n{"torn": "${word("a torn row")}`,
  );
  mkdirSync(join(directory, "scrapes"));
  for (const name of ["egress.json", "summary.json", "scrapes/0-first.txt", `${word("a file's name")}.txt`])
    writeFileSync(join(directory, name), `{"x": "${word(`what ${name.slice(0, 7)} holds`)}"}\n`);
}

function plantPlan(plan: BenchPlan, word: (place: string) => string): BenchPlan {
  return {
    ...plan,
    target: {
      ...plan.target,
      origin: `http://${word("the host")}.example:8000`,
      path: `/${word("the path")}`,
      model: word("the model"),
      header_names: [word("a header")],
      body_fields: [word("a field of the body")],
    },
    workload: { kind: "file", format: "jsonl", rows: 3, sha256: word("the dataset's hash"), output_tokens: null },
    seed: word("the seed of the load"),
    metrics: [
      {
        role: word("a role"),
        origin: word("the metrics' host"),
        path: word("the metrics' path"),
        flag: "--metrics-url",
      },
    ],
  };
}
