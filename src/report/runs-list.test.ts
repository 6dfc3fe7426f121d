import { describe, expect, it } from "vitest";
import { sampleStart } from "../runs/sample-run.fixture.ts";
import { type Run, runSchema } from "../runs/schemas/run.ts";
import { runView } from "./run-view.ts";
import { type ListedRun, runsListView } from "./runs-list.ts";
import { summary, sweep } from "./sample-summary.fixture.ts";
import { terminalLines } from "./terminal.ts";
import type { View } from "./model.ts";

function run(overrides: Partial<Run> = {}): Run {
  return runSchema.parse({
    ...sampleStart,
    schema: "inferguard-run/v1",
    run_id: "20260301-093000-bench-k3f9qz",
    status: "completed",
    status_reason: null,
    started_at: "2026-03-01T09:30:00.000Z",
    ended_at: "2026-03-01T09:31:02.000Z",
    process: { pid: 1, start_time: null },
    artifacts: {},
    missing: [],
    ...overrides,
  });
}

const listed: ListedRun[] = [
  { name: "20260301-093000-bench-k3f9qz", run: run(), unreadable: null, summary: sweep() },
  {
    name: "20260228-120000-bench-aaaaaa",
    run: run({ status: "interrupted", claim: "synthetic" }),
    unreadable: null,
    summary: summary(),
  },
  { name: "20260227-120000-bench-bbbbbb", run: run({ status: "running" }), unreadable: null, summary: null },
  {
    name: "20260226-120000-bench-cccccc",
    run: null,
    unreadable: "cannot read run.json: it is not JSON",
    summary: null,
  },
];

const text = (view: View, width = 80) => terminalLines(view, { width, colour: false, unicode: true }).join("\n");

describe("the list of runs", () => {
  it("has a line for each run, with the figures of its busiest level, and the reason for what cannot be read", () => {
    expect(text(runsListView(listed, "./inferguard-runs"), 120)).toMatchInlineSnapshot(`
      "4 runs in ./inferguard-runs

                                                                                                       output  TTFT
      run                           status       target                                 levels  req/s   tok/s   p50
                                                                                                                 ms
      20260301-093000-bench-k3f9qz  completed    m at http://127.0.0.1:8000                  1   15.5   1,980   600
      20260228-120000-bench-aaaaaa  interrupted  synthetic, m at http://127.0.0.1:8000       1   3.10     397   120
      20260227-120000-bench-bbbbbb  running      m at http://127.0.0.1:8000                  1      —       —     —
      20260226-120000-bench-cccccc  unreadable
      — no summary yet: inferguard report makes it
      20260226-120000-bench-cccccc: cannot read run.json: it is not JSON

      Next  inferguard report 20260301-093000-bench-k3f9qz shows the newest"
    `);
  });

  it("cuts targets before it leaves out figures", () => {
    const narrow = text(runsListView(listed, "./inferguard-runs"), 80);
    expect(narrow).toContain("m at http://127…");
    expect(narrow).toContain("15.5");
    for (const line of narrow.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("withholds the figures of a limited client", () => {
    const limited = { ...listed[0], summary: { ...sweep(), headline: false } } as ListedRun;
    expect(text(runsListView([limited], "r"), 120)).not.toContain("15.5");
  });

  it("says how to make the first run", () => {
    expect(text(runsListView([], "./inferguard-runs"))).toBe(
      "0 runs in ./inferguard-runs\n\nNext  inferguard bench makes a run",
    );
  });
});

describe("one run", () => {
  const files = [
    { name: "run.json", bytes: 2431, rows: null },
    { name: "requests.jsonl", bytes: 1_310_000, rows: 3016 },
  ];

  it("shows its manifest and its files", () => {
    const [first] = listed;
    expect(first && text(runView(first, files, "./inferguard-runs/20260301-093000-bench-k3f9qz")))
      .toMatchInlineSnapshot(`
      "20260301-093000-bench-k3f9qz

      Most 15.5 requests/s, 1,980 output tokens/s at concurrency 16
      TTFT p50 600 ms [582, 624], p99 1,560 ms [1,510, 1,620]; TPOT p50 ~56.0 ms
      [54.3, 58.2]; E2E p50 7,700 ms [7,470, 8,010]; 12 of 1,000 failed (in brackets:
      95 % intervals)

      Status    completed
      Time      started 2026-03-01 09:30:00 UTC, ended 2026-03-01 09:31:02 UTC
      Target    m at http://127.0.0.1:8000, /v1/chat/completions
      Load      concurrency 4; 100 requests each
      Workload  synthetic prompts of about 128 tokens, replies of 64
      Made by   inferguard 0.1.0, Node 24.0.0, linux-x64
      Path      ./inferguard-runs/20260301-093000-bench-k3f9qz

      Files
      file               size   rows
      run.json        2.43 KB
      requests.jsonl  1.31 MB  3,016

      Next      inferguard report 20260301-093000-bench-k3f9qz"
    `);
  });

  it("that cannot be read says why and still lists its files", () => {
    const broken = listed[3];
    const shown = broken && text(runView(broken, files, "./r"));
    expect(shown).toContain("Unreadable  cannot read run.json: it is not JSON");
    expect(shown).toContain("requests.jsonl  1.31 MB  3,016");
    expect(shown).not.toContain("inferguard report");
  });

  it("says what is missing and why it ended", () => {
    const ended = run({
      status: "interrupted",
      status_reason: "Ctrl-C",
      saved_text: true,
      missing: [{ what: "egress.json", why: "the disk was full" }],
    });
    const shown = text(runView({ name: "r", run: ended, unreadable: null, summary: null }, [], "./r"));
    expect(shown).toMatch(/^Status +interrupted: Ctrl-C$/m);
    expect(shown).toMatch(/^Missing +egress.json: the disk was full$/m);
    expect(shown).toMatch(/^Text +prompts and replies were kept/m);
  });
});
