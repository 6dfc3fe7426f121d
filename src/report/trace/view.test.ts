import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { longTrace, modelCall, sampleTrace, toolCall } from "../../runs/sample-trace.fixture.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import { traceSummarySchema } from "../../runs/schemas/trace-summary.ts";
import { markdownOf } from "../markdown.ts";
import { terminalLines } from "../terminal.ts";
import { textWidth } from "../text-width.ts";
import { nodesCsv } from "./csv.ts";
import { summaryOf } from "./sample-trace-summary.fixture.ts";
import { traceViewOf } from "./view.ts";

const place = { path: "./inferguard-runs/20260102-030405-trace-abc234", argument: "20260102-030405-trace-abc234" };
const hostile = "\x1b[2J\u202Eevil|<script>alert(1)</script>`$(id)`";

const hostileTrace: TraceNode[] = [
  modelCall(0, 0, 100, { model: hostile, tool_calls: 1 }),
  toolCall(1, 100, 200, { parent: 0, name: hostile }),
];

const cases: [string, TraceNode[]][] = [
  ["a small trace", sampleTrace()],
  ["a long trace", longTrace(400)],
  ["a hostile trace", hostileTrace],
  ["a trace without a node", []],
];

function shown(nodes: TraceNode[], width = 100, style: { colour?: boolean; unicode?: boolean } = {}): string {
  const view = traceViewOf(summaryOf(nodes), nodes, place);
  return terminalLines(view, { width, colour: false, unicode: true, ...style }).join("\n");
}

describe("a trace in the terminal", () => {
  it("looks like this", () => {
    expect(shown(sampleTrace())).toMatchSnapshot();
  });

  it("says so when the run was interrupted, and that its length is inferred", () => {
    const summary = summaryOf(sampleTrace(), { status: "interrupted" });
    const text = terminalLines(traceViewOf(summary, sampleTrace(), place), {
      width: 100,
      colour: false,
      unicode: true,
    });
    expect(text.join("\n")).toMatch(/INTERRUPTED[^]*~1,350 ms[^]*inferred/);
  });

  it.each(cases)("fits %s into any width and holds no control character", (_, nodes) => {
    for (const width of [40, 60, 80, 120]) {
      const lines = shown(nodes, width).split("\n");
      const free = lines.filter((line) => !line.includes("inferguard ") && !line.includes("inferguard-runs"));
      for (const line of free) expect(textWidth(line), line).toBeLessThanOrEqual(width);
      expect(stripVTControlCharacters(lines.join("\n"))).toBe(lines.join("\n"));
    }
  });

  it.each(cases)("shows %s in ASCII where nothing else can be shown", (_, nodes) => {
    expect(shown(nodes, 80, { unicode: false })).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it("folds what is long, counts what it folded, and keeps what stands out", () => {
    const nodes = longTrace(400);
    nodes[401] = { ...nodes[401], result_kind: "error" } as TraceNode;
    nodes[400] = { ...nodes[400], status: "error", error: { kind: "reset", http_status: null } } as TraceNode;
    const text = shown(nodes);
    expect(text.split("\n").length).toBeLessThan(130);
    expect(text).toContain("#400 tiny-llama, reset");
    const listed = text.split("\n").filter((line) => /^[│├└ ]*#\d+ /.test(line)).length;
    const folded = text.split("\n").filter((line) => line.startsWith("…"));
    const sum = folded.join("\n").matchAll(/(\d+) (?:tool )?calls?/g);
    expect(listed + [...sum].reduce((total, [, times]) => total + Number(times), 0)).toBe(nodes.length);
  });
});

describe("a trace's summary", () => {
  it.each(cases)("of %s is one by its schema", (_, nodes) => {
    const summary = summaryOf(nodes);
    expect(traceSummarySchema.parse(summary)).toEqual(summary);
  });
});

describe("a trace in Markdown", () => {
  it("cannot start markup with a name", () => {
    const text = markdownOf(traceViewOf(summaryOf(hostileTrace), hostileTrace, place));
    expect(text).not.toContain("<script>");
    expect(text).not.toMatch(/[^\\]`/);
  });
});

describe("a trace as CSV", () => {
  it("has a line for each node, each as wide as the head", () => {
    const [head = "", ...lines] = [...nodesCsv(sampleTrace())];
    expect(lines).toHaveLength(sampleTrace().length);
    const fields = head.split(",").length;
    for (const line of lines) expect(line.split(",")).toHaveLength(fields);
    expect(lines[2]).toMatch(/^2,model_call,0,1,10,410,0,chat,tiny-llama,true,ok,tool_calls,/);
  });
});
