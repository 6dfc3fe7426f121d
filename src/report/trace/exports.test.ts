import { describe, expect, it } from "vitest";
import { longTrace, modelCall, sampleTrace, toolCall } from "../../runs/sample-trace.fixture.ts";
import { dotLines } from "./dot.ts";
import { exportedCalls } from "./exported-calls.ts";
import { mooncakeLines } from "./mooncake.ts";
import { wekaDocument } from "./weka.ts";

interface MooncakeRow {
  timestamp: number;
  input_length: number;
  output_length: number;
  hash_ids: number[];
}

const mooncakeRows = (nodes: Parameters<typeof exportedCalls>[0]) =>
  [...mooncakeLines(exportedCalls(nodes).calls)].map((line) => JSON.parse(line) as MooncakeRow);

const weka = (nodes: Parameters<typeof exportedCalls>[0]) =>
  JSON.parse(wekaDocument(nodes, exportedCalls(nodes).calls)) as { requests: Record<string, unknown>[] };

describe("what a format can hold", () => {
  it("leaves out calls that the server did not count, and says how many", () => {
    const { calls, leftOut } = exportedCalls(sampleTrace());
    expect(calls.map(({ id }) => id)).toEqual([2, 5, 9, 11]);
    expect(leftOut).toMatch(/^1 of 5 calls is left out/);
    expect(exportedCalls(longTrace(3)).leftOut).toBeNull();
  });
});

describe("Mooncake's format", () => {
  it("has the format's four fields, whole milliseconds from the first call, and blocks numbered from 0", () => {
    const rows = mooncakeRows(sampleTrace());
    expect(rows[0]).toEqual({ timestamp: 0, input_length: 120, output_length: 40, hash_ids: [0] });
    expect(rows.map(({ timestamp }) => timestamp)).toEqual([0, 490, 1200, 1690]);
    expect(new Set(rows.flatMap(Object.keys)).size).toBe(4);
  });

  it("has a block for each 512 tokens, and shares them between turns", () => {
    const rows = mooncakeRows(longTrace(20));
    for (const { input_length, hash_ids } of rows) expect(hash_ids).toHaveLength(Math.ceil(input_length / 512));
    const ids = rows.flatMap(({ hash_ids }) => hash_ids);
    // In the order of first use.
    expect([...new Set(ids)]).toEqual(Array.from({ length: new Set(ids).size }, (_, place) => place));
    expect(ids.length).toBeGreaterThan(new Set(ids).size);
  });
});

describe("the format of kv-cache-tester", () => {
  it("holds one document, in which the agent that a tool started stands inside a subagent", () => {
    const { requests, ...rest } = weka(sampleTrace());
    expect(rest).toEqual({
      id: "trace-0",
      models: ["model-0"],
      block_size: 64,
      hash_id_scope: "local",
      tool_tokens: 0,
      system_tokens: 100,
    });
    expect(requests.map(({ type, t }) => [type, t])).toEqual([
      ["s", 0],
      ["subagent", 0.49],
      ["s", 1.2],
      ["s", 1.69],
    ]);
    expect(requests[1]).toMatchObject({ agent_id: "agent_001", total_tokens: 70, status: "completed" });
    expect(requests[1]?.["requests"]).toMatchObject([{ t: 0, in: 30, out: 40, hash_ids: [] }]);
  });

  it("has full blocks only, and shares what two inputs begin with", () => {
    const [first, , second, branch] = weka(sampleTrace()).requests;
    expect(first).toMatchObject({
      in: 120,
      hash_ids: [0],
      stop: "tool_use",
      output_types: ["text", "tool_use"],
      ttft: 0.04,
    });
    expect(second).toMatchObject({ in: 460, hash_ids: [0, 1, 2, 3, 4, 5, 6], stop: "end_turn", think_time: 0.8 });
    expect(branch?.["hash_ids"]).toEqual([0, 1, 7]);
  });

  it("numbers models and agents, and names neither", () => {
    const nodes = [
      modelCall(0, 0, 10, { model: "secret-a", input_tokens: 80 }),
      toolCall(1, 10, 50, { parent: 0, name: "secret_tool" }),
      modelCall(2, 20, 40, { conversation: 1, parent: 1, model: "secret-b" }),
    ];
    expect(wekaDocument(nodes, exportedCalls(nodes).calls)).not.toContain("secret");
  });
});

describe("Graphviz", () => {
  it("has a node for each node, an edge for each parent, and a cluster for each conversation", () => {
    const text = [...dotLines(sampleTrace())].join("");
    for (const { id } of sampleTrace()) expect(text).toContain(`    n${id} [`);
    for (const { id, parent } of sampleTrace().slice(1)) expect(text).toContain(`  n${parent} -> n${id};`);
    expect(text.match(/subgraph/g)).toHaveLength(2);
  });

  it("cannot be broken out of by a name", () => {
    const text = [...dotLines([modelCall(0, 0, 10, { model: 'a"]; evil [label="\\' })])].join("");
    expect(text).toContain('label="#0 a\\"]; evil [label=\\"\\\\\\n0 s + 10.0 ms');
  });
});
